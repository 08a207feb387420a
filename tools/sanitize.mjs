/**
 * `npm run test:sanitize`: the tests that live in native code, on an addon built with AddressSanitizer and
 * UndefinedBehaviorSanitizer, in a folder of its own. Each report about our sources is printed once; the last line is
 * `N passed, N failed`, failed tests and such reports together.
 * Usage: npm run test:sanitize [-- FILTER …]  (with a filter: only the test files whose path holds it)
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSanitized } from "./sanitize/build.mjs";
import { sanitizedEnvironment } from "./sanitize/environment.mjs";
import { probe } from "./sanitize/probe.mjs";
import { readReports, showReports } from "./sanitize/reports.mjs";
import { closingLine } from "./test/counts.mjs";
import { runSuite } from "./test/suite.mjs";

const native = [
  "test/torch/",
  "test/nn/",
  "test/optim/",
  "test/methods/",
  "test/augment/",
  "test/data/",
  "test/checkpoint/",
  "test/e2e/long-training",
  "test/models/learning",
  "test/train/accumulate",
];

const asked = process.argv.slice(2);

async function run() {
  const build = buildSanitized();
  probe(build, (logs) => sanitizedEnvironment(build, logs));
  const logs = mkdtempSync(join(tmpdir(), "vit-distill-sanitize-"));
  try {
    Object.assign(process.env, sanitizedEnvironment(build, logs)); // for the forks that vitest makes; this process has begun without
    const { passed, failed, skipped } = await runSuite(asked.length ? asked : native);
    return { passed, failed: failed + showReports(readReports(logs)), skipped };
  } finally {
    rmSync(logs, { recursive: true });
  }
}

const counts = await run();
console.log(closingLine(counts));
process.exitCode = counts.failed ? 1 : 0;
