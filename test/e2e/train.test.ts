import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.js";
import { checkpointsOf } from "../../src/train/checkpoints.js";
import { openRunFolder } from "../../src/train/run-folder.js";
import { folderWith, tinyRecipe, vitDistill } from "./command.js";

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
  expect(again).toMatchObject({
    code: 1,
    err: "vit-distill: run: there is a run in this folder already. Go on with it by --resume run, or name another folder with --dir.\n",
  });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends after the step with a checkpoint, and --resume goes on from it", async (signal, expected) => {
  const folder = folderWith({ "long.ts": tinyRecipe("steps: 2_000,") });
  const stop = (err: string, kill: (signal: NodeJS.Signals) => void) =>
    err.includes("step 1/") && !err.includes("Stopping") && kill(signal);
  const first = await vitDistill(["train", "long.ts", "--dir", "run"], folder, stop);
  expect(first.err).toMatch(
    /Stopping after this step.*\n(.*\n)?Stopped after step \d+\. Go on with: vit-distill train --resume /,
  );
  expect(first.code).toBe(expected);

  const run = openRunFolder(join(folder, "run"));
  const reached = run.readMetrics().length;
  const resumedAt = new RegExp(`step ${reached + 1}/`);
  const second = await vitDistill(
    ["train", "--resume", "run"],
    folder,
    (err, kill) => resumedAt.test(err) && !err.includes("Stopping") && kill(signal),
  );
  expect(second.code).toBe(expected);
  const steps = run.readMetrics().map(({ step }) => step);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(steps.length).toBeGreaterThan(reached);
});
