import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.js";
import { checkpointsOf } from "../../src/train/checkpoints.js";
import { openRunFolder } from "../../src/train/run-folder.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, signalAt, tinyRecipe, vitDistill } from "./command.js";

const distilled = `teachers: [() => small({ embedDim: 32 })], method: v.soft(), ema: 0.9,`;

test("train makes a whole run folder, eval looks at it again", async () => {
  const folder = folderWith({ "tiny.ts": tinyRecipe(distilled) });
  const { code, err } = await vitDistill(["train", "tiny.ts", "--smoke", "--dir", "run", "--seed", "7"], folder);
  expect(err).toContain("step 4/4");
  expect(code).toBe(0);

  const run = openRunFolder(join(folder, "run"));
  expect(run.manifest).toMatchObject({ seed: 7, device: "cpu", data: { train: { name: "noise", n: 48 } } });
  expect(run.recipe).toMatchObject({ name: "tiny", seed: 7, steps: 4, source: { smoke: true }, optimizer: { name: "adamW" } });
  expect(run.readMetrics().filter((row) => row.kind === "train")).toHaveLength(4);
  expect(readFileSync(join(folder, "run", "train.log"), "utf8")).toMatch(/begin:.*end\n$/s);
  expect(readSafetensors(run.student).tensors.get("cls_token")?.shape).toEqual([1, 1, 16]);
  expect(checkpointsOf(run).map(({ step }) => step)).toEqual([4]);
  expect(existsSync(run.studentBest)).toBe(true);

  const { out } = await vitDistill(["eval", "run", "--json"], folder);
  const { verdicts } = JSON.parse(out);
  expect(verdicts.map(({ who }: { who: string }) => who)).toEqual(["teacher vit", "student", "student (ema)"]);
  const val = run.readMetrics().find((row) => row.kind === "eval" && row.weights === "raw");
  expect(verdicts[1]).toMatchObject({ top1: val && "top1" in val && val.top1 });

  const again = await vitDistill(["train", "tiny.ts", "--smoke", "--dir", "run"], folder);
  expectError(again.err, "ERR_RUN_FOLDER", "run", "--resume run", "--dir");
  expect(again.code).toBe(1);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends after the step with a checkpoint, and --resume goes on from it", async (signal, expected) => {
  const folder = folderWith({ "long.ts": tinyRecipe("steps: 2_000,") });
  const first = await vitDistill(["train", "long.ts", "--dir", "run"], folder, signalAt(/step 1\//, signal));
  expect(first.err).toMatch(/\bstep \d+\b.*vit-distill train --resume /);
  expect(first.code).toBe(expected);

  const run = openRunFolder(join(folder, "run"));
  const reached = run.readMetrics().length;
  const resumed = signalAt(new RegExp(`step ${reached + 1}/`), signal);
  const second = await vitDistill(["train", "--resume", "run"], folder, resumed);
  expect(second.code).toBe(expected);
  const steps = run.readMetrics().map(({ step }) => step);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(steps.length).toBeGreaterThan(reached);
});
