/**
 * Kills a training run at random moments, resumes it each time, and compares what it leaves with the run that nobody disturbed.
 * Command: npm run test:kill [-- --kills 50] [--seed 0]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { differences, type Kill, runKilled, runWhole } from "./kill.js";

const { values } = parseArgs({ options: { kills: { type: "string", default: "50" }, seed: { type: "string", default: "0" } } });
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const steps = 3 * kills + 20;

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-kill-"));
try {
  const [whole, killed] = [join(scratch, "whole"), join(scratch, "killed")];
  await runWhole({ dir: whole, steps });
  const told: Kill[] = [];
  for await (const kill of runKilled({ dir: killed, steps, kills, seed })) {
    told.push(kill);
    console.log(
      `kill ${told.length} at a ${kill.at}: whole up to step ${kill.step}${kill.torn.map((name) => `, ${name} torn`).join("")}`,
    );
  }
  const inCheckpoint = told.filter(({ torn }) => torn.some((name) => name.startsWith("step-"))).length;
  const inStudent = told.filter(({ torn }) => torn.some((name) => name.startsWith("student"))).length;
  const apart = differences(whole, killed);
  console.log(
    `${kills} kills in ${steps} steps: ${inCheckpoint} within the writing of a checkpoint, ${inStudent} within that of a student`,
  );
  console.log(
    apart.length === 0
      ? "metrics, weights, average, optimizer, random streams: the same, bit for bit"
      : `DIFFERENT: ${apart.join(", ")}`,
  );
  process.exitCode = apart.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true });
}
