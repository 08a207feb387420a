/** The loop: what it tells, what it keeps, and that a run that was stopped goes on as if it had not been. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { normalise } from "../../src/augment/index.js";
import { readSafetensors } from "../../src/checkpoint/index.js";
import { defineMethod, none, soft } from "../../src/methods/index.js";
import { sgd } from "../../src/optim/index.js";
import { memory, tensor } from "../../src/torch/index.js";
import { type EvalRow, openRunFolder, type Recipe, type TrainEvent, type TrainOptions, train } from "../../src/train/index.js";
import { lasting, student } from "./runs.js";
import { columns, master, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-train-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let runs = 0;
const plain = normalise({ mean: [0.5], std: [0.5] });

/** Runs to the end, or until `stopAfter` steps; the folder and the events. */
async function run(recipe: Recipe, { stopAfter, ...options }: TrainOptions & { stopAfter?: number } = {}) {
  const dir = options.resume ?? join(scratch, `run-${runs++}`);
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train(recipe, { ...options, ...(options.resume ? {} : { dir }), signal: controller.signal })) {
    events.push(event);
    if (event.kind === "step" && event.step === stopAfter) controller.abort();
  }
  return { dir, events, steps: events.filter((event) => event.kind === "step") };
}

test("a run learns, tells every step with named terms, and leaves no tensor behind", async () => {
  const before = memory().tensors;
  const { events, steps, dir } = await run(
    toyRecipe({
      epochs: 12,
      method: soft({ alpha: 0.1 }),
      student: () => pupil(),
      data: { ...toyRecipe().data, augment: plain },
    }),
  );
  expect(events[0]).toMatchObject({
    kind: "begin",
    dir: expect.stringContaining("run-"),
    steps: 60,
    step: 0,
    precision: "float32",
  });
  expect(steps).toHaveLength(60);
  expect(Object.keys(steps[0].terms)).toEqual(["task", "soft"]);
  expect(events.at(-1)).toMatchObject({ kind: "end", finished: true, step: 60 });
  const verdicts = events.filter((event): event is EvalRow => event.kind === "eval");
  expect(verdicts).toHaveLength(12);
  expect(verdicts.at(-1)!.top1).toBeGreaterThan(0.5); // chance is a third
  expect(verdicts.at(-1)!.agreement).toBeGreaterThanOrEqual(0);
  expect([...readSafetensors(openRunFolder(dir).student).tensors.keys()].some((key) => key.includes("proj_l"))).toBe(false); // the student alone
  expect(memory().tensors).toBe(before);
  expect(openRunFolder(dir).recipe.method).toEqual({ name: "soft", options: { alpha: 0.1, temperature: 1, smoothing: 0 } });
});

describe("a run stopped and resumed is the uninterrupted run, bit for bit", () => {
  const variants: [string, Partial<Recipe>][] = [
    ["AdamW, EMA, clipping", { ema: 0.9, clip: 0.5 }],
    ["SGD with momentum", { optimizer: sgd({ lr: 0.05, momentum: 0.9, nesterov: true }) }],
    ["bfloat16", { precision: "bfloat16" }],
    ["bfloat16, by whole blocks", { precision: "bfloat16", student: () => pupil({ dropPath: 0.2 }) }],
    ["accumulation", { accumulate: 3, ema: 0.9 }],
    ["gathered accumulation", { accumulate: { steps: 3, gather: true } }],
    ["a masked teacher", { maskedTeacher: { keep: 0.5 } }],
    ["one masked at random, gathered", { maskedTeacher: { keep: 0.5, by: "random" }, accumulate: { steps: 2, gather: true } }],
  ];
  test.each(variants)("%s", async (_, change) => {
    const whole = await run(toyRecipe(change), { seed: 4 });
    const { dir, events } = await run(toyRecipe(change), { seed: 4, stopAfter: 7 });
    expect(events.at(-1)).toMatchObject({ kind: "end", finished: false, step: 7 });
    const rest = await run(toyRecipe(change), { seed: 4, resume: dir });
    expect(rest.steps.map((step) => step.step)[0]).toBe(8);
    expect(lasting(dir)).toEqual(lasting(whole.dir));
    expect(student(dir).equals(student(whole.dir))).toBe(true);
  });
});

test("one seed is one run; another is another", async () => {
  const [a, b, c] = [
    await run(toyRecipe(), { seed: 1 }),
    await run(toyRecipe(), { seed: 1 }),
    await run(toyRecipe(), { seed: 2 }),
  ];
  expect(student(a.dir).equals(student(b.dir))).toBe(true);
  expect(student(a.dir).equals(student(c.dir))).toBe(false);
});

test("an average of the weights is evaluated and kept beside them", async () => {
  const { dir, events } = await run(toyRecipe({ ema: 0.5 }));
  expect(new Set(events.filter((event): event is EvalRow => event.kind === "eval").map(({ weights }) => weights))).toEqual(
    new Set(["raw", "ema"]),
  );
  const { student: raw, studentEma } = openRunFolder(dir);
  expect(readFileSync(studentEma).equals(readFileSync(raw))).toBe(false);
});

test("losses that are no numbers stop the run with the term's name", async () => {
  let calls = 0;
  const explodes = defineMethod({
    name: "explodes",
    teachers: [0, 0],
    loss: ({ student: { logits } }) => ({
      task: logits.square().mean(),
      odd: calls++ < 6 ? logits.mean() : tensor(Number.NaN).mul(logits.mean()),
    }),
  });
  await expect(run(toyRecipe({ teachers: [], method: explodes }))).rejects.toThrowCode(
    "ERR_NON_FINITE",
    /\b10\b/,
    /\bodd\b/,
    /\b4\b/,
  );
});

test("a device that is not there is refused with those that are", async () => {
  await expect(run(toyRecipe(), { device: "cuda:7" })).rejects.toThrowCode("ERR_DEVICE", '"cuda:7"', /\bcpu\b/);
});

describe("players that do not go together are refused before anything runs", () => {
  const refused: [string, Partial<Recipe>, string, (string | RegExp)[]][] = [
    ["no teacher for a method that takes one", { teachers: [] }, "ERR_TEACHERS", ["manifold", /\b1\b/, /\b0\b/]],
    ["a teacher for the method none", { method: none() }, "ERR_TEACHERS", ["none", /\b1\b/, /\b0\b/]],
    [
      "a student with other classes",
      { student: () => pupil({ numClasses: 7 }) },
      "ERR_CLASSES",
      ["vit", /\b7\b/, "columns", "numClasses: 3"],
    ],
    [
      "a teacher with other classes",
      { teachers: [() => master({ numClasses: 10 })] },
      "ERR_CLASSES",
      ["cait", /\b10\b/, "columns", "numClasses: 3"],
    ],
    [
      "pictures in unknown colours",
      { data: { ...toyRecipe().data, augment: (image, rng) => plain(image, rng) } },
      "ERR_AUGMENTATION",
      ["normalise({ mean, std })"],
    ],
  ];
  test.each(refused)("%s", async (_, change, code, facts) => {
    const before = memory().tensors;
    await expect(run(toyRecipe(change))).rejects.toThrowCode(code, ...facts);
    expect(memory().tensors).toBe(before);
  });

  test("unequal grids", async () => {
    const before = memory().tensors;
    await expect(run(toyRecipe({ teachers: [() => master({ patchSize: 8 })] }))).rejects.toThrowCode(
      "ERR_PATCH_GRID",
      "2×2",
      "blocks.0",
      "cait",
      "1×1",
      "unequalGrids",
    );
    expect(memory().tensors).toBe(before);
  });
});

test("a batch larger than the data is the data", async () => {
  const { steps } = await run(toyRecipe({ epochs: 1, data: { train: columns(6), batchSize: 64, augment: plain } }));
  expect(steps).toHaveLength(1);
});
