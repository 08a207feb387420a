/**
 * `npm test`: set-up against Debian's libtorch, lint, types, then the fast tests and those from end to end. The last line is
 * `N passed, N failed`, and `, N skipped` when any were.
 * Usage: npm test [-- FILTER …]  (with a filter: only the test files whose path holds it, no lint and no types)
 */
import { setUpOrSay } from "./setup.mjs";
import { closingLine, sum } from "./test/counts.mjs";

process.env.LIBTORCH ||= "system"; // not the torch of whichever Python is installed here
const filters = process.argv.slice(2);

async function runAll() {
  if (!setUpOrSay()) return [{ passed: 0, failed: 1, skipped: 0 }];
  const { runSuite } = await import("./test/suite.mjs"); // only now: node_modules may not have existed
  const { checkSources } = await import("./test/sources.mjs");
  return [...(filters.length ? [] : [checkSources()]), await runSuite(filters)];
}

const counts = sum(await runAll());
console.log(closingLine(counts));
process.exitCode = counts.failed ? 1 : 0;
