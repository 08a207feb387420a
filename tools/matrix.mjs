/**
 * `npm run test:matrix [-- ROW [FILTER …]]`: the tests on every instruction set that this processor has, on PyTorch's libtorch, and what takes
 * longer than npm test may. Without a row, all of them. Results are kept for each commit under .setup/matrix, so that it can be run in parts;
 * the table at the end is of all that have been run. With filters only the test files whose path holds one, and nothing is kept.
 */
import { setUpOrSay } from "./setup.mjs";
import { closingLine, readClosingLine, sum } from "./test/counts.mjs";
import { show } from "./test/show.mjs";
import { startClock } from "./test/usage.mjs";

process.env.LIBTORCH ||= "system";

/** Runs one of a row's programs, its output shown as it comes; its counts, or one failure where it ended without any. */
async function runProgram({ name, args, env, counts = true }) {
  const { status, stdout } = await show(process.execPath, args, env);
  const found = counts ? readClosingLine(stdout) : { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0 };
  if (found && (status === 0) === (found.failed === 0) && found.passed + found.failed > 0) return found;
  console.error(`matrix  ${name} ended with exit code ${status}`);
  return { passed: 0, failed: 1, skipped: 0 };
}

async function runRow(row, filters) {
  console.log(`\nmatrix  ${row.name}: ${row.summary}`);
  const reason = row.absent?.();
  if (reason) return { name: row.name, reason };
  const stop = startClock();
  const counts = [];
  for (const program of row.programs(filters)) counts.push(await runProgram(program));
  return { name: row.name, ...sum(counts), ...stop() };
}

async function runMatrix([asked, ...filters]) {
  if (!setUpOrSay()) return { passed: 0, failed: 1, skipped: 0 };
  const { rows } = await import("./matrix/rows.mjs");
  const { keep, showTable } = await import("./matrix/results.mjs");
  const chosen = asked === undefined ? rows : rows.filter(({ name }) => name === asked);
  if (chosen.length === 0) {
    console.error(`The matrix has no row "${asked}": it has ${rows.map(({ name }) => name).join(", ")}.`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const results = [];
  for (const row of chosen) {
    const result = await runRow(row, filters);
    results.push(result);
    if (filters.length === 0) keep(result);
  }
  if (filters.length === 0) showTable(rows.map(({ name }) => name));
  return sum(results.filter(({ reason }) => reason === undefined));
}

const counts = await runMatrix(process.argv.slice(2));
console.log(closingLine(counts));
process.exitCode = counts.failed ? 1 : 0;
