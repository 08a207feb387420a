/** TensorBoard's files: to the byte as its own writer makes them, read back by its own reader where there is one. */

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openRunFolder, type TrainEvent, type TrainOptions, train } from "../../src/train/index.js";
import { crc32c } from "../../src/train/tensorboard/crc32c.js";
import { EventFile, scalarsOf } from "../../src/train/tensorboard/index.js";
import { referencePython } from "../../tools/setup/paths.mjs";
import { toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-events-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;
function fresh(): string {
  const folder = join(scratch, String(folders++));
  mkdirSync(folder);
  return folder;
}
const eventFiles = (dir: string) => readdirSync(dir).filter((name) => name.startsWith("events.out.tfevents."));

describe("a file", () => {
  test("has the checksums of RFC 3720", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  // python test/train/reference/events.py write, with tensorboard 2.21.0
  const written =
    "GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6Q8AAAAAAAAAbVMrCQkAABBA/FTZQRAHOgIIAQ9BcXc7AAAAAAAAABojrFwJAABgQPxU2UEQrAIqLQoRCgp0cmFpbi9sb3NzFQAAwD8KGAoRdHJhaW4vdGVybXMvw6l0w6kVrMUnt5vKVaMjAAAAAAAAALCfd0MJAACAQPxU2UEQgICAgIAgKhEKDwoIdmFsL3RvcDEVAADAf7FBT7g=";

  test("is what TensorBoard's writer makes of the same events, to the byte", () => {
    const file = new EventFile(fresh(), { from: 7, time: 1700000000250 });
    file.write(300, 1700000001500, [
      { tag: "train/loss", value: 1.5 },
      { tag: "train/terms/été", value: -1e-5 },
    ]);
    file.write(301, 1700000001500, []); // nothing to draw
    file.write(2 ** 40, 1700000002000, [{ tag: "val/top1", value: Number.NaN }]);
    expect(readFileSync(file.path, "base64")).toBe(written);
  });

  test("is named so that files of one folder are read in the order in which they were begun", () => {
    const folder = fresh();
    const files = [1700000000250, 1700000000900, 1600000000000, 1700000099000].map(
      (time) => new EventFile(folder, { from: 1, time }),
    );
    const names = files.map(({ path }) => path.slice(folder.length + 1));
    expect(names.map((name) => name.split(".")[3])).toEqual(["1700000000", "1700000001", "1700000002", "1700000099"]);
    expect([...names].sort()).toEqual(names);
    expect(new Set(names.map((name) => name.split(".").at(-1))).size).toBe(4);
  });

  test("that cannot be written is a sentence", () => {
    expect(() => new EventFile("/proc/self", { from: 1 })).toThrowCode("ERR_FILE", "/proc/self/events.out.tfevents.");
  });
});

test("every number of a row is a curve, by the names that lead to it", () => {
  const place = { step: 3, epoch: 1, time: 0 };
  const speed = { imagesPerSecond: 100, dataShare: 0.25, teacherShare: 0.5 };
  expect(scalarsOf({ kind: "train", ...place, terms: { task: 1, soft: 2 }, loss: 3, lr: 1e-3, gradNorm: 4, ...speed })).toEqual([
    { tag: "train/terms/task", value: 1 },
    { tag: "train/terms/soft", value: 2 },
    { tag: "train/loss", value: 3 },
    { tag: "train/lr", value: 1e-3 },
    { tag: "train/gradNorm", value: 4 },
    { tag: "train/imagesPerSecond", value: 100 },
    { tag: "train/dataShare", value: 0.25 },
    { tag: "train/teacherShare", value: 0.5 },
  ]);
  const scores = { top1: 0.5, top5: 1, loss: 2 };
  const tags = (weights: "raw" | "ema") =>
    scalarsOf({ kind: "eval", ...place, split: "val", weights, ...scores } as never).map(({ tag }) => tag);
  expect(tags("raw")).toEqual(["val/top1", "val/top5", "val/loss"]);
  expect(tags("ema")[0]).toBe("val-ema/top1");
  const other = { kind: "other", ...place, terms: { task: { norm: 1, name: "x", none: null } } };
  expect(scalarsOf(other as never)).toEqual([{ tag: "other/terms/task/norm", value: 1 }]);
});

/** What metrics.jsonl says, as curves. */
function drawn(dir: string): Record<string, [number, number][]> {
  const curves: Record<string, [number, number][]> = {};
  for (const row of openRunFolder(dir).readMetrics())
    for (const { tag, value } of scalarsOf(row)) (curves[tag] ??= []).push([row.step, Math.fround(value)]);
  return curves;
}

async function run(options: TrainOptions, stopAfter?: number): Promise<void> {
  const controller = new AbortController();
  const stop = (event: TrainEvent) => event.kind === "step" && event.step === stopAfter && controller.abort();
  for await (const event of train(toyRecipe({ epochs: 2, ema: 0.9 }), { ...options, signal: controller.signal })) stop(event);
}

const python = [process.env.TENSORBOARD_PYTHON, referencePython, "python3"].find(
  (name) => name && spawnSync(name, ["-c", "import tensorboard.backend.event_processing.event_accumulator"]).status === 0,
);

/** What TensorBoard shows of the folder. */
function shown(dir: string): Record<string, [number, number][]> {
  const script = fileURLToPath(new URL("reference/events.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python!, [script, "read", dir], { encoding: "utf8" });
  expect(stderr.includes("Traceback") ? stderr : "").toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

describe("TensorBoard's own reader", () => {
  const needed = (skip: (condition: boolean, note: string) => void) =>
    skip(python === undefined, "no Python with tensorboard here; TENSORBOARD_PYTHON names one");

  test("shows what metrics.jsonl says", async ({ skip }) => {
    needed(skip);
    const dir = join(fresh(), "run");
    await run({ dir });
    expect(shown(dir)).toEqual(drawn(dir));
  });

  test("forgets what a resumed run writes again, after a record cut short too", async ({ skip }) => {
    needed(skip);
    const dir = join(fresh(), "run");
    await run({ dir }, 6);
    const beyond = new EventFile(dir, { from: 7 }); // as a process leaves it that was killed after its last checkpoint
    for (const step of [7, 8, 9])
      beyond.write(step, 0, [
        { tag: "train/loss", value: 1e6 },
        { tag: "train/only", value: step },
      ]);
    appendFileSync(beyond.path, readFileSync(beyond.path).subarray(0, 20));
    await run({ resume: dir });
    const { "train/only": lost, ...rest } = shown(dir);
    expect(lost).toEqual([]);
    expect(rest).toEqual(drawn(dir));
    expect(eventFiles(dir)).toHaveLength(3);
  });
});

test("a run writes them beside its metrics, a file for each time that it was begun", async () => {
  const dir = join(fresh(), "run");
  await run({ dir }, 3);
  expect(eventFiles(dir)).toHaveLength(1);
  await run({ resume: dir }, 5);
  expect(eventFiles(dir)).toHaveLength(2);
});
