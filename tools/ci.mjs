/** What .ci/run calls: npm test, then the parts of the matrix that every commit must pass. One closing line, the sum of all. */
import { closingLine, readClosingLine, sum } from "./test/counts.mjs";
import { show } from "./test/show.mjs";
import { describeUsage, startClock } from "./test/usage.mjs";

const parts = [
  ["npm", "test"],
  ["npm", "run", "--silent", "test:matrix", "--", "avx2", "test/nn/", "test/methods/", "test/golden/"],
  ["npm", "run", "--silent", "test:matrix", "--", "torch2", "test/torch/", "test/nn/", "test/methods/", "test/golden/"],
];

async function runPart([command, ...args]) {
  console.log(`\nci  ${[command, ...args].join(" ")}`);
  const { status, stdout } = await show(command, args);
  const counts = readClosingLine(stdout);
  return counts && (status === 0) === (counts.failed === 0) ? counts : { passed: 0, failed: 1, skipped: 0 };
}

const stop = startClock();
const results = [];
for (const part of parts) results.push(await runPart(part));
const counts = sum(results);
console.log(`\nci  all parts\n${describeUsage(stop())}`);
console.log(closingLine(counts));
process.exitCode = counts.failed ? 1 : 0;
