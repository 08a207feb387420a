/** What lies in a run folder: which checkpoints are kept, what stands in for a damaged one, and that a resume makes everything even. */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { normalise } from "../../src/augment/index.js";
import { readSafetensors } from "../../src/checkpoint/index.js";
import type { ImageOp } from "../../src/data/index.js";
import { none } from "../../src/methods/index.js";
import { checkpointsOf, type Keep, openRunFolder, type Recipe, type TrainEvent, train } from "../../src/train/index.js";
import { differences } from "../faults/kill.js";
import { columns, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-checkpoints-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let runs = 0;

const recipe = (keep: Keep, change: Partial<Recipe> = {}): Recipe => {
  const { data } = toyRecipe();
  return toyRecipe({ teachers: [], method: none(), epochs: undefined, steps: 8, evalEvery: 2, ema: 0.5, keep, data: { ...data, train: columns(48) }, ...change }); // biome-ignore format: one line
};
const everyStep: Keep = { last: 2, every: 0, best: false };

/** Runs to the end, or until `stopAfter` steps. */
async function run(given: Recipe, { resume, force, stopAfter }: { resume?: string; force?: boolean; stopAfter?: number } = {}) {
  const dir = resume ?? join(scratch, `run-${runs++}`);
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train(given, { ...(resume ? { resume, force } : { dir }), seed: 2, signal: controller.signal })) {
    events.push(event);
    if (event.kind === "step" && event.step === stopAfter) controller.abort();
  }
  const [begin] = events.filter((event) => event.kind === "begin");
  return { dir, events, begin, steps: checkpointsOf(openRunFolder(dir)).map(({ step }) => step) };
}

const tensorsOf = (dir: string, step: number) => join(dir, "checkpoints", `step-${String(step).padStart(8, "0")}.safetensors`);
const flip = (path: string, at: number) => {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 4;
  writeFileSync(path, bytes);
};

describe("kept are", () => {
  test("the last of all, at its end alone where nothing else is due", async () => {
    expect((await run(recipe({ best: false }))).steps).toEqual([8]);
  });

  test("the last two", async () => {
    const { steps, dir } = await run(recipe(everyStep));
    expect(steps).toEqual([8, 7]);
    const files = readdirSync(join(dir, "checkpoints")).filter((name) => !name.endsWith(".next.json")); // of resume --verify
    expect(files.sort()).toEqual(["7", "8"].flatMap((step) => [`step-0000000${step}.json`, `step-0000000${step}.safetensors`]));
    expect(readdirSync(dir).filter((name) => name.endsWith(".tmp") || name === "run.lock")).toEqual([]);
  });

  test("the best, whenever it was, with its student beside it", async () => {
    const { steps, dir, events } = await run(recipe({ last: 1 }));
    const verdicts = events.filter((event) => event.kind === "eval");
    const best = verdicts.reduce((a, b) => (b.top1 > a.top1 ? b : a));
    expect(steps).toEqual([...new Set([8, best.step])]);
    const { metadata, tensors } = readSafetensors(openRunFolder(dir).studentBest);
    expect(metadata).toMatchObject({ step: String(best.step), weights: best.weights, top1: String(best.top1) });
    const group = best.weights === "raw" ? "student" : "ema";
    const saved = readSafetensors(tensorsOf(dir, best.step)).tensors;
    for (const [key, { bytes }] of tensors) expect(Buffer.from(saved.get(`${group}/${key}`)!.bytes)).toEqual(Buffer.from(bytes));
  });
});

describe("a damaged checkpoint", () => {
  const damages: [string, (path: string) => void, string[]][] = [
    ["a bit of the header", (path) => flip(path, 20), ["step-00000005.safetensors"]],
    ["a bit of its last tensor", (path) => flip(path, -1), ["step-00000005.safetensors"]],
    ["its tail cut", (path) => truncateSync(path, 5000), ["step-00000005.safetensors", "5000"]],
    ["its tensors gone", (path) => rmSync(path), ["step-00000005.safetensors"]],
    ["its JSON torn", (path) => truncateSync(path.replace("safetensors", "json"), 100), ["step-00000005.json"]],
    ["its JSON empty", (path) => truncateSync(path.replace("safetensors", "json"), 0), ["step-00000005.json"]],
  ];
  test.each(damages)(
    "with %s is passed over aloud for the one before, and the run is what it would have been",
    async (_, damage, facts) => {
      const whole = await run(recipe(everyStep));
      const { dir, steps } = await run(recipe(everyStep), { stopAfter: 5 });
      expect(steps).toEqual([5, 4]);
      damage(tensorsOf(dir, 5));
      const rest = await run(recipe(everyStep), { resume: dir });
      expect(rest.begin.step).toBe(4);
      expect(rest.begin.notes).toEqual([expect.stringMatching(/\b4\b/)]);
      for (const fact of facts) expect(rest.begin.notes[0]).toContain(fact);
      expect(readFileSync(join(dir, "train.log"), "utf8")).toContain(rest.begin.notes[0]);
      expect(differences(whole.dir, dir)).toEqual([]);
      expect(rest.steps).toEqual([8, 7]);
    },
  );

  test("that is the last one ends the resume in a sentence, and nothing is touched", async () => {
    const { dir } = await run(recipe(everyStep), { stopAfter: 5 });
    flip(tensorsOf(dir, 5), 3);
    flip(tensorsOf(dir, 4), 9);
    const before = readdirSync(dir, { recursive: true });
    await expect(run(recipe(everyStep), { resume: dir })).rejects.toThrowCode(
      "ERR_CHECKPOINT",
      dir,
      "step-00000005.safetensors",
      "step-00000004.safetensors",
      join(dir, "student.safetensors"),
    );
    expect(readdirSync(dir, { recursive: true })).toEqual(before);
  });

  test("stays until the next one is whole", async () => {
    const { dir } = await run(recipe(everyStep), { stopAfter: 5 });
    flip(tensorsOf(dir, 5), -7);
    const { steps } = await run(recipe({ ...everyStep, every: 3600 }), { resume: dir, stopAfter: 7 });
    expect(steps).toEqual([7, 4]);
  });
});

describe("a resume makes even", () => {
  test("what a kill left between two files", async () => {
    const whole = await run(recipe(everyStep));
    const { dir } = await run(recipe(everyStep), { stopAfter: 5 });
    const { student, metrics } = openRunFolder(dir);
    appendFileSync(metrics, '{"kind":"train","step":6}\n{"kind":"tr'); // logged, not saved; torn
    writeFileSync(tensorsOf(dir, 6), "a checkpoint without its JSON");
    for (const name of [".metrics.jsonl.77.0a1b2c3d.tmp", "checkpoints/.step-00000006.json.77.0a1b2c3d.tmp"])
      writeFileSync(join(dir, name), "half");
    rmSync(student); // the checkpoint is written before its student
    const { begin } = await run(recipe(everyStep), { resume: dir, stopAfter: 6 });
    expect(begin).toMatchObject({ step: 5, notes: [] });
    const files = readdirSync(dir, { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await run(recipe(everyStep), { resume: dir });
    expect(differences(whole.dir, dir)).toEqual([]);
  });

  test("a run that was never saved: it begins again", async () => {
    const whole = await run(recipe(everyStep));
    const { dir } = await run(recipe(everyStep), { stopAfter: 2 });
    rmSync(join(dir, "checkpoints"), { recursive: true });
    const { begin } = await run(recipe(everyStep), { resume: dir });
    expect(begin).toMatchObject({ step: 0, notes: [expect.any(String)] });
    expect(differences(whole.dir, dir)).toEqual([]);
  });

  test("a run that is over: its students are there, and nothing else happens", async () => {
    const { dir } = await run(recipe(everyStep));
    const { student, studentEma } = openRunFolder(dir);
    const [raw, ema] = [readFileSync(student), readFileSync(studentEma)];
    rmSync(student);
    const { events } = await run(recipe(everyStep), { resume: dir });
    expect(events.map(({ kind }) => kind)).toEqual(["begin", "end"]);
    expect([readFileSync(student), readFileSync(studentEma)]).toEqual([raw, ema]);
  });
});

describe("a recipe of other parts is refused even by force, for one would be lost in silence", () => {
  test.each([
    ["has ema, and the recipe has not", { ema: 0.5 }, { ema: undefined }],
    ["has no ema, and the recipe has", { ema: undefined }, { ema: 0.5 }],
  ])("the checkpoint %s", async (_, first, second) => {
    const { dir } = await run(recipe(everyStep, first), { stopAfter: 3 });
    const lines = readFileSync(join(dir, "metrics.jsonl"), "utf8");
    await expect(run(recipe(everyStep, second), { resume: dir, force: true })).rejects.toThrowCode(
      "ERR_CHECKPOINT",
      "step-00000003.json",
      /\bema\b/,
    );
    expect(readFileSync(join(dir, "metrics.jsonl"), "utf8")).toBe(lines);
    expect(existsSync(join(dir, "run.lock"))).toBe(false);
  });
});

describe("a run that its pictures or its user end goes on as if nothing had been", () => {
  /** Called for each picture that is augmented, or evaluated on. */
  const watch = { trained: () => {}, evaluated: () => {} };
  const plain = normalise({ mean: [0.5], std: [0.5] });
  const watched = (which: keyof typeof watch): ImageOp =>
    Object.assign((...given: Parameters<ImageOp>) => (watch[which](), plain(...given)), { space: plain.space });
  const { data } = toyRecipe();
  const rarely = recipe(
    { every: 3600, best: false },
    { data: { ...data, train: columns(48), augment: watched("trained"), evalAugment: watched("evaluated") } },
  );
  const after = (calls: number, act: () => void) => () => {
    if (calls-- === 0) act();
  };
  const give = () => {
    throw new Error("the camera is dead");
  };
  afterEach(() => Object.assign(watch, { trained: () => {}, evaluated: () => {} }));

  test.each([
    ["trained", 66, 5],
    ["evaluated", 130, 6],
  ] as const)("pictures to be %s give out", async (which, calls, step) => {
    const whole = await run(rarely);
    const dir = join(scratch, `dead-${which}`);
    watch[which] = after(calls, give);
    const dead = (async () => {
      for await (const _ of train(rarely, { dir, seed: 2 }));
    })();
    await expect(dead).rejects.toThrowCode(
      "ERR_DATA",
      "the camera is dead",
      new RegExp(`\\b${step}\\b`),
      `vit-distill train --resume ${dir}`,
    );
    expect(checkpointsOf(openRunFolder(dir))[0].step).toBe(step);
    await run(rarely, { resume: dir });
    expect(differences(whole.dir, dir)).toEqual([]);
  });

  test.each([
    ["in the middle of an evaluation", 80, 4],
    ["in the middle of the last one", 190, 8],
  ])("%s", async (_, calls, step) => {
    const whole = await run(rarely);
    const dir = join(scratch, `stopped-${step}`);
    const controller = new AbortController();
    watch.evaluated = after(calls, () => controller.abort());
    const events: TrainEvent[] = [];
    for await (const event of train(rarely, { dir, seed: 2, signal: controller.signal })) events.push(event);
    expect(events.at(-1)).toMatchObject({ kind: "end", finished: false, step });
    expect(events.filter((event) => event.kind === "eval" && event.step === step)).toEqual([]);
    expect(checkpointsOf(openRunFolder(dir)).map(({ step }) => step)).toEqual([step]);
    const rest = await run(rarely, { resume: dir });
    expect(rest.events.at(-1)).toMatchObject({ kind: "end", finished: true, step: 8 });
    expect(differences(whole.dir, dir)).toEqual([]);
    expect(differences(dir, whole.dir)).toEqual([]);
  });
});
