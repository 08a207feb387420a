/**
 * Runs vitest and counts: a file that breaks outside its tests is a failure, and so is a skip without a reason.
 * Usage: node tools/test/suite.mjs [FILTER …]  (as npm test, without set-up)
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startVitest } from "vitest/node";
import { root } from "../setup/paths.mjs";
import { closingLine } from "./counts.mjs";
import { describeUsage, startClock } from "./usage.mjs";

const isBroken = (module) =>
  module.errors().length > 0 || [...module.children.allSuites()].some((suite) => suite.errors().length > 0);

function explain(test, reason) {
  console.log(
    `skipped  ${test.module.moduleId.slice(root.length + 1)} > ${test.fullName}: ${reason ?? "NO REASON: use context.skip(reason)"}`,
  );
  return Boolean(reason);
}

function count(vitest) {
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state) => tests.filter((test) => test.result().state === state);
  const skips = inState("skipped");
  const unexplained = skips.filter((test) => !explain(test, test.result().note)).length;
  const broken = modules.filter(isBroken).length + vitest.state.getUnhandledErrors().length;
  const passed = inState("passed").length;
  const failed = tests.length - passed - skips.length + broken + unexplained;
  if (passed + failed === 0) console.error("No test ran: the filter matches no test file, or test/ is empty.");
  return { passed, failed: passed + failed === 0 ? 1 : failed, skipped: skips.length - unexplained };
}

/** The longest that a fast test may take by itself on a quiet machine, in seconds. */
const FAST = 5;

const fileOf = (module) => module.moduleId.slice(root.length + 1);

/** Seconds of every file, the longest first, in .setup/durations.json; fast tests that are not are named. */
function recordDurations(vitest) {
  const modules = vitest.state.getTestModules();
  const files = modules.map((module) => [fileOf(module), module.diagnostic().duration / 1000]);
  const durations = Object.fromEntries(
    files.sort(([, a], [, b]) => b - a).map(([file, seconds]) => [file, Number(seconds.toFixed(2))]),
  );
  mkdirSync(join(root, ".setup"), { recursive: true });
  writeFileSync(join(root, ".setup/durations.json"), `${JSON.stringify(durations, null, 2)}\n`);
  for (const module of modules.filter((each) => each.project.name === "fast"))
    for (const test of module.children.allTests()) {
      const seconds = (test.diagnostic()?.duration ?? 0) / 1000;
      if (seconds > FAST) console.log(`slow     ${fileOf(module)} > ${test.fullName}: ${seconds.toFixed(1)} s`);
    }
}

/** Runs the test files whose path holds one of the filters, or all, and prints what it cost. */
export async function runSuite(filters = []) {
  const stop = startClock();
  const vitest = await startVitest("test", filters, { root, watch: false, run: true, passWithNoTests: true });
  const counts = count(vitest);
  recordDurations(vitest);
  await vitest.close();
  console.log(describeUsage(stop()));
  return counts;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const counts = await runSuite(process.argv.slice(2));
  console.log(closingLine(counts));
  process.exitCode = counts.failed ? 1 : 0;
}
