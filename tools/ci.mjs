/** What .ci/run calls: npm test, then the parts of the matrix that every commit must pass. One closing line, the sum of all. */
import { spawnSync } from "node:child_process";
import { root } from "./setup/paths.mjs";
import { closingLine, readClosingLine, sum } from "./test/counts.mjs";
import { describeUsage, startClock } from "./test/usage.mjs";

const parts = [
  ["npm", "test"],
  ["npm", "run", "--silent", "test:matrix", "--", "avx2", "test/nn/", "test/methods/", "test/golden/"],
  ["npm", "run", "--silent", "test:matrix", "--", "torch2", "test/torch/", "test/nn/", "test/methods/", "test/golden/"],
];

function runPart([command, ...args]) {
  console.log(`\nci  ${[command, ...args].join(" ")}`);
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const lines = stdout.trimEnd().split("\n");
  console.log(lines.slice(0, -1).join("\n")); // the closing line is of all parts, at the end
  console.log(`ci  ${lines.at(-1)}: ${args.join(" ")}`);
  const counts = readClosingLine(lines.at(-1));
  return counts && (status === 0) === (counts.failed === 0) ? counts : { passed: 0, failed: 1, skipped: 0 };
}

const stop = startClock();
const counts = sum(parts.map(runPart));
console.log(`\n${describeUsage(stop())}`);
console.log(closingLine(counts));
process.exitCode = counts.failed ? 1 : 0;
