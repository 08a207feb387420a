/** Runs vitest and counts: a file that breaks outside its tests is a failure, and so is a skip without a reason. */
import { startVitest } from "vitest/node";
import { root } from "../setup/paths.mjs";

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

export async function runTests(filters) {
  const vitest = await startVitest("test", filters, { root, watch: false, run: true, passWithNoTests: true });
  const counts = count(vitest);
  await vitest.close();
  return counts;
}
