/**
 * `npm test`: set-up, lint, types, then the tests; the engine's once more where LIBTORCH_2 names a second libtorch. The last line is `N passed, N failed`, and `, N skipped` when any were.
 * Usage: npm test [-- FILTER …]  (with a filter: only the test files whose path holds it, no lint and no types)
 */
import { setUpOrSay } from "./setup.mjs";

const filters = process.argv.slice(2);

async function runAll() {
  if (!setUpOrSay()) return { passed: 0, failed: 1, skipped: 0 };
  const { checkSources } = await import("./test/sources.mjs");
  const { runTests } = await import("./test/vitest.mjs"); // only now: node_modules may not have existed
  const sources = filters.length ? { passed: 0, failed: 0 } : checkSources();
  const tests = await runTests(filters);
  const { testSecondLibtorch } = await import("./test/second-libtorch.mjs");
  const again = filters.length ? { passed: 0, failed: 0, skipped: 0 } : await testSecondLibtorch();
  return {
    passed: sources.passed + tests.passed + again.passed,
    failed: sources.failed + tests.failed + again.failed,
    skipped: tests.skipped + again.skipped,
  };
}

const { passed, failed, skipped } = await runAll();
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed ? 1 : 0;
