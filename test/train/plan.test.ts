/** What a plan tells, and what it refuses. */

import { expect, test } from "vitest";
import { hint } from "../../examples/hint.js";
import {
  defineMethod,
  everyLayer,
  firstAndLast,
  manifold,
  none,
  type Players,
  patchTokens,
  soft,
} from "../../src/methods/index.js";
import { cait, vit } from "../../src/models/index.js";
import { crossEntropy, mse } from "../../src/nn/index.js";
import { memory, type Tensor } from "../../src/torch/index.js";
import { plan, type Recipe } from "../../src/train/index.js";
import { master, pupil, toyRecipe } from "./toys.js";

test("it tells who meets whom, what it costs, and keeps nothing", async () => {
  const before = memory().tensors;
  const made = await plan(toyRecipe({ ema: 0.9 }));
  expect(memory().tensors).toBe(before);
  using student = pupil();
  expect(made).toMatchObject({
    name: "toy",
    precision: "float32",
    pictures: { count: 60, shape: [1, 8, 8], space: { mean: [0.5], std: [0.5] } },
    student: { name: "vit", parameters: student.parameterCount(), grid: [2, 2], prefixTokens: 1, resize: null, recolour: false },
    teachers: [{ name: "cait", prefixTokens: 0 }],
    batchSize: 12,
    parts: 1,
    stepsPerEpoch: 5,
    epochs: 3,
    steps: 15,
    notes: [],
  });
  expect(made.student.macs).toBeGreaterThan(4 * 16 * 16);
  expect(made.method).toMatchObject({
    name: "manifold",
    taps: { student: ["blocks.0", "blocks.1"] },
    extras: {},
    extrasParameters: 0,
  });
  expect(made.method.meetings).toMatchObject([
    { student: { name: "blocks.0", grid: [2, 2], width: 16 }, teacher: { name: "blocks.0", width: 24 }, grid: [2, 2] },
    { student: { name: "blocks.1" }, teacher: { name: "blocks.1" } },
  ]);
  expect(Object.keys(made.method.terms)).toEqual(["task", "soft", "intra", "inter", "random"]);
  const bytes = 4 * student.parameterCount();
  expect(made.disk["student.safetensors"]).toBe(bytes);
  expect(made.disk["student.ema.safetensors"]).toBe(bytes);
  expect(made.disk["checkpoints/"]).toBeGreaterThan(4 * bytes); // weights, average, AdamW's two
  expect(made.times.step).toBeGreaterThan(made.times.teachers);
  expect(made.seconds).toBeCloseTo((15 * (made.times.step + made.times.data)) / 1000, 6);
  expect(made.peakMemory).toBeGreaterThan(1e7);
});

test("it tells how a teacher of another size and other colours sees the pictures, and a method's own parts", async () => {
  const wide = () => master({ imgSize: 16, patchSize: 8, input: { mean: [0.2], std: [0.3] } });
  const made = await plan(toyRecipe({ teachers: [wide], method: hint({ layers: everyLayer() }) }));
  expect(made.teachers[0]).toMatchObject({ resize: "bicubic", recolour: true, input: { size: 16, mean: [0.2] } });
  expect(made.method.extras).toEqual({ "0.weight": [24, 16], "0.bias": [24], "1.weight": [24, 16], "1.bias": [24] });
  expect(made.method.extrasParameters).toBe(2 * (24 * 16 + 24));
});

/** A hint whose author forgot what stands in front of the patches, or that there are several. */
const careless = (name: string, loss: (student: Tensor, teacher: Tensor, players: Players) => Tensor) =>
  defineMethod({
    name,
    taps: { student: ["blocks.1"], teacher: ["blocks.1"] },
    loss: ({ student, teacher, targets, players }) => ({
      task: crossEntropy(student.logits, targets),
      hint: loss(student.taps[0], teacher.taps[0], players),
    }),
  });

const sameWidth: Partial<Recipe> = { student: () => pupil(), teachers: [() => master({ embedDim: 16 })] };
const onePatch = () => pupil({ patchSize: 8 });
const byDifference = careless("difference", (s, t, { student }) => t.sub(patchTokens(s, student)).square().mean());
const bySquares = careless("squares", (s, t) => mse(s.slice({ dim: 1, end: 1 }), t));
const byMaps = careless("maps", (s, t, { student }) => {
  const [ours, theirs] = [patchTokens(s, student), t];
  return mse(ours.bmm(ours.transpose(1, 2)), theirs.bmm(theirs.transpose(1, 2)));
});

test.each<[string, Partial<Recipe>, (string | RegExp)[]]>([
  [
    "one token less a map of four",
    { ...sameWidth, student: onePatch, method: byDifference },
    ["difference", /\bsub\b/, "[12, 4, 16]", "[12, 1, 16]", /test\/train\/plan\.test\.ts:\d+/, "meet", "onGrid"],
  ],
  [
    "a class token against every patch",
    { ...sameWidth, method: bySquares },
    ["squares", "mse_loss", "[12, 1, 16]", "[12, 4, 16]"],
  ],
  ["maps of unequal numbers of tokens", { student: onePatch, method: byMaps }, ["maps", "[12, 1, 1]", "[12, 4, 4]"]],
])("it refuses %s", async (_, change, facts) => {
  const before = memory().tensors;
  await expect(plan(toyRecipe(change))).rejects.toThrowCode("ERR_METHOD_CONTRACT", ...facts);
  expect(memory().tensors).toBe(before);
});

test("it refuses 198 tokens against 49 and says the ways out", async () => {
  const size = { inChannels: 1, numClasses: 3, imgSize: 224, depth: 1, heads: 1, input: { mean: [0.5], std: [0.5] } };
  const recipe = (method: Recipe["method"]) =>
    toyRecipe({
      student: () => vit({ ...size, embedDim: 8, patchSize: 16, distilled: true }),
      teachers: [() => cait({ ...size, embedDim: 8, patchSize: 32 })],
      method,
    });
  const layers = [[0, 0]] as const;
  await expect(plan(recipe(manifold({ layers })))).rejects.toThrowCode(
    "ERR_PATCH_GRID",
    "vit",
    "14×14",
    "blocks.0",
    "cait",
    "7×7",
    '"merge"',
    '"pool"',
  );
  await expect(plan(recipe(hint({ layers })))).rejects.toThrowCode(
    "ERR_PATCH_GRID",
    "14×14",
    "7×7",
    'unequalGrids: "pool"',
    "2×2",
  );
});

test("a method that says no meetings has its taps told", async () => {
  const { method } = await plan(toyRecipe({ ...sameWidth, method: careless("pooled", (s, t) => mse(s.mean([1]), t.mean([1]))) }));
  expect(method).toMatchObject({ meetings: [], taps: { student: ["blocks.1"], teacher: ["blocks.1"] } });
});

test.each([none(), soft(), manifold({ layers: firstAndLast(1), pairs: "all" })])(
  "$name is planned without teachers or with",
  async (method) => {
    const { method: told } = await plan(toyRecipe({ method, teachers: method.name === "none" ? [] : [() => master()] }));
    expect(told.name).toBe(method.name);
  },
);
