/** The short form of `npm run test:kill`. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { differences, type Kill, runKilled, runWhole } from "../faults/kill.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-kill-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("a run killed at ten random moments and resumed is the run that nobody disturbed, bit for bit", async () => {
  const [whole, killed] = [join(scratch, "whole"), join(scratch, "killed")];
  const [steps, kills] = [40, 10];
  await runWhole({ dir: whole, steps });
  const told: Kill[] = [];
  for await (const kill of runKilled({ dir: killed, steps, kills, seed: 1 })) told.push(kill);
  expect(told).toHaveLength(kills);
  expect(told.filter(({ torn }) => torn.length > 0)).not.toEqual([]);
  expect(differences(whole, killed)).toEqual([]);
  const files = [killed, join(killed, "checkpoints")].flatMap((folder) => readdirSync(folder));
  expect(files.filter((name) => name.endsWith(".tmp") || name === "run.lock")).toEqual([]);
});
