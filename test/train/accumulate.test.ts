/** A batch in parts is the batch: the same gradients, one step, every term alive in every part. */

import { describe, expect, test } from "vitest";
import { mixup, normalise } from "../../src/augment/index.js";
import type { Batch } from "../../src/data/index.js";
import { allPairsLoss, coAdvise, defineMethod, type Method, manifold, patchTokens, soft } from "../../src/methods/index.js";
import { coadvise, convNet } from "../../src/models/index.js";
import { klDiv, Linear } from "../../src/nn/index.js";
import { gradsOf, type Tensor, tidy } from "../../src/torch/index.js";
import { type Accumulation, type Recipe, Session, type StepReport } from "../../src/train/index.js";
import { columns, master, pupil, size, toyRecipe } from "./toys.js";

interface Outcome {
  report: StepReport;
  gradients: number[];
  weights: number[];
  buffers: number[];
  average: number[];
}

const plain = normalise({ mean: [0.5], std: [0.5] });
const data = { train: columns(60), batchSize: 12, augment: plain, mix: mixup({ alpha: 0.8 }) };
const calm = (change: Partial<Recipe> = {}): Recipe => toyRecipe({ student: () => pupil(), method: soft(), data, ...change });

const numbers = (tensors: Iterable<Tensor>): number[] =>
  [...tensors].flatMap((tensor) => Array.from(tensor.data() as ArrayLike<number | bigint>, Number));

/** What some steps leave; `size` cuts the batches short. */
async function outcome(recipe: Recipe, { steps = 1, size = 12 } = {}): Promise<Outcome> {
  using session = Session.open(recipe, { seed: 6, device: "cpu" });
  const epoch = session.loader.epoch(0);
  let report!: StepReport;
  for (let step = 0; step < steps; step++) report = session.step(cut((await epoch.next()).value!, size), 1e-2);
  return tidy(() => ({
    report,
    gradients: numbers(gradsOf(session.optimizer.parameters).map((gradient) => gradient!)),
    weights: numbers(session.student.parameters()),
    buffers: numbers(session.student.namedBuffers().map(([, buffer]) => buffer)),
    average: numbers(session.ema?.stateDict().values() ?? []),
  }));
}

const cut = (batch: Batch, size: number): Batch => ({
  ...batch,
  images: batch.images.subarray(0, size * 64),
  shape: [size, 1, 8, 8],
  labels: batch.labels.subarray(0, size),
  targets: batch.targets?.subarray(0, size * 3) ?? null,
});

/** The largest difference, in units of the largest value. */
function gap(a: number[], b: number[]): number {
  expect(a.length).toBe(b.length);
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest;
}

function expectSame(parts: Outcome, whole: Outcome, tolerance = 2e-6): void {
  expect(gap(parts.gradients, whole.gradients)).toBeLessThan(tolerance);
  expect(Object.keys(parts.report.terms)).toEqual(Object.keys(whole.report.terms));
  for (const [name, value] of Object.entries(whole.report.terms)) expect(parts.report.terms[name]).toBeCloseTo(value, 5);
  expect(parts.report.loss).toBeCloseTo(whole.report.loss, 5);
  expect(parts.report.gradNorm).toBeCloseTo(whole.report.gradNorm, 4);
}

describe("terms of single pictures", () => {
  test.each([2, 3, 5, 12])("in %i parts have the batch's gradient", async (accumulate) => {
    expectSame(await outcome(calm({ accumulate })), await outcome(calm()));
  });

  test.each([7, 4, 1])("a short batch of %i counts each picture alike", async (size) => {
    expectSame(await outcome(calm({ accumulate: 3 }), { size }), await outcome(calm(), { size }));
  });

  test("a teacher's term alone is alive in every part: the released Co-advise dropped it", async () => {
    const seen: number[] = [];
    const counting = (): Method =>
      defineMethod({
        name: "counting",
        loss({ student, teacher }) {
          seen.push(student.logits.shape[0]);
          return { soft: klDiv(student.logits, teacher.logits) };
        },
      });
    const parts = await outcome(calm({ method: counting(), accumulate: 5 }));
    expect(seen).toEqual([2, 2, 3, 2, 3]); // 12 pictures
    expectSame(parts, await outcome(calm({ method: counting() })));
  });

  test("so are both teachers of co-advise", async () => {
    // plain patches: a stem's batch norm would see the statistics of its part
    const student = () => coadvise({ ...size, stem: "patch", embedDim: 16, depth: 2, heads: 2 });
    const teachers = [() => master(), () => convNet({ ...size, widths: [4, 8], blocks: 1 })];
    const advised = { student, teachers, method: coAdvise() };
    const parts = await outcome(calm({ ...advised, accumulate: 3 }));
    expect(Object.keys(parts.report.terms)).toEqual(["task", "conv", "inv"]);
    expectSame(parts, await outcome(calm(advised)));
  });

  test("manifold's intra too", async () => {
    const method = manifold({ layers: [[0, 0], [1, 1]], weights: { inter: 0, random: 0 }, alpha: 0.5 }); // biome-ignore format: two pairs
    expectSame(await outcome(calm({ method, accumulate: 4 })), await outcome(calm({ method })));
  });
});

test("learning rate, clipping and averaging happen once a step", async () => {
  const change = { clip: 0.1, ema: 0.5 };
  const [parts, whole] = [
    await outcome(calm({ ...change, accumulate: 3 }), { steps: 3 }),
    await outcome(calm(change), { steps: 3 }),
  ];
  expect(gap(parts.weights, whole.weights)).toBeLessThan(1e-3); // Adam divides noise by noise where a gradient is nearly 0
  expect(gap(parts.average, whole.average)).toBeLessThan(1e-3);
});

describe("terms that compare pictures", () => {
  const relational = (): Method => manifold({ layers: [[0, 0], [1, 1]], samples: 20, alpha: 0.5, weights: { inter: 4, random: 4 } }); // biome-ignore format: two pairs
  const gather = (steps: number): Accumulation => ({ steps, gather: true });

  test("see the pictures of a part, which is another loss, and the run says so", async () => {
    const [parts, whole] = [
      await outcome(calm({ method: relational(), accumulate: 3 })),
      await outcome(calm({ method: relational() })),
    ];
    expect(gap(parts.gradients, whole.gradients)).toBeGreaterThan(0.01);
    const notesOf = (change: Partial<Recipe>) => {
      using session = Session.open(calm(change), { seed: 0, device: "cpu" });
      return session.notes;
    };
    expect(notesOf({ method: relational(), accumulate: 3 })).toEqual([
      expect.stringMatching(/\binter\b.*\brandom\b.*\b4\b.*\b12\b.*gather: true/),
    ]);
    expect(notesOf({ method: manifold({ pairs: "all" }), accumulate: 3 })[0]).toMatch(/^all\b.*\b4\b/);
    expect(notesOf({ method: relational(), accumulate: gather(3) })).toEqual([]);
    expect(notesOf({ method: soft(), accumulate: 3 })).toEqual([]);
  });

  test.each([1, 2, 5, 12])("gathered over %i parts have the batch's gradient", async (steps) => {
    expectSame(
      await outcome(calm({ method: relational(), accumulate: gather(steps) })),
      await outcome(calm({ method: relational() })),
    );
  });

  test("gathered with a short batch and a method's extras", async () => {
    const hint = (): Method =>
      defineMethod({
        name: "hint",
        relational: ["relations"],
        taps: { student: ["blocks.1"], teacher: ["blocks.0"] },
        extras: () => new Linear(16, 24),
        loss({ student, teacher }, projection) {
          const [ours, theirs] = [patchTokens(student.taps[0], { prefixTokens: 1 }).pipe(projection), teacher.taps[0]];
          return { relations: allPairsLoss(ours, theirs), soft: klDiv(student.logits, teacher.logits) };
        },
      });
    const recipe = (accumulate?: Accumulation) => calm({ method: hint(), accumulate });
    expectSame(await outcome(recipe(gather(4)), { size: 7 }), await outcome(recipe(), { size: 7 }));
  });

  test("gathered, a dropped path is dropped in both looks, and the draws after it are those of one look", async () => {
    const random = { method: relational(), student: () => pupil({ drop: 0.3, dropPath: 0.3 }) };
    const [gathered, whole] = [
      await outcome(calm({ ...random, accumulate: gather(1) }), { steps: 3 }),
      await outcome(calm(random), { steps: 3 }),
    ];
    expectSame(gathered, whole, 1e-3); // three steps of AdamW apart
  });

  test("gathered, batch norm's statistics follow once", async () => {
    const student = () => convNet({ name: "conv", imgSize: 8, inChannels: 1, numClasses: 3, widths: [4], blocks: 1, input: { mean: [0.5], std: [0.5] } }); // biome-ignore format: one model
    const [gathered, inTurn] = [
      await outcome(calm({ student, accumulate: gather(3) })),
      await outcome(calm({ student, accumulate: 3 })),
    ];
    expectSame(gathered, inTurn);
    expect(gathered.buffers).toEqual(inTurn.buffers);
  });
});
