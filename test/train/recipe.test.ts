import { describe, expect, test } from "vitest";
import { samples } from "../../src/data/index.js";
import { checkRecipe, defineRecipe, type Recipe } from "../../src/train/recipe.js";
import { describe as plain } from "../../src/train/resolved-recipe.js";

const dots = samples({
  name: "dots",
  images: new Uint8Array(4),
  labels: [0],
  channels: 1,
  height: 2,
  width: 2,
  classes: ["dot"],
});
const good = {
  student: () => ({}),
  method: { name: "none", loss: () => ({}) },
  data: { train: dots, batchSize: 2 },
  epochs: 1,
  optimizer: { build: () => ({}) },
} as unknown as Recipe;

const suggestion = 'createModel("deit_tiny_patch16_224")';

describe("a recipe's faults are named by their path", () => {
  test.each<[object, string, ...(string | RegExp)[]]>([
    [{ data: { ...good.data, batchSize: "64" } }, "data.batchSize", '"64"'],
    [{ epochs: 1.5 }, "epochs", "1.5"],
    [{ student: { name: "vit" } }, "student", suggestion],
    [{ teachers: [() => 1, "cait_s24_224"] }, "teachers.1", suggestion, '"cait_s24_224"'],
    [{ teachers: () => 1 }, "teachers"],
    [{ method: undefined }, "method", "manifold({ … })"],
    [{ data: { ...good.data, train: Promise.resolve() } }, "data.train", 'imageFolder("photos/train")', "await"],
    [{ data: 3 }, "data", "{ train, batchSize, … }", /\b3\b/],
    [{ precision: "float8" }, "precision", '"float32"', '"bfloat16"', '"float16"', '"auto"', '"float8"'],
    [{ nonFinite: { skip: -1 } }, "nonFinite", "{ skip: 3 }"],
    [{ ema: Number.NaN }, "ema", /\b0\b/, /\b1\b/, "NaN"],
    [{ accumulate: 0 }, "accumulate", "{ steps: 4, gather: true }", /\b0\b/],
    [{ accumulate: { step: 2 } }, "accumulate", "{ steps: 4, gather: true }"],
    [{ accumulate: { steps: 1000 } }, "accumulate", "data.batchSize"],
    [{ maskedTeacher: 0.5 }, "maskedTeacher", '{ keep: 0.5, by: "attention" }', /\b0\.5$/],
    [{ maskedTeacher: { keep: 0 } }, "maskedTeacher.keep", /\b1\b/, /\b0$/],
    [{ maskedTeacher: { keep: 50 } }, "maskedTeacher.keep", /\b1\b/, /\b50\b/],
    [{ maskedTeacher: { keep: 0.5, by: "entropy" } }, "maskedTeacher.by", '"attention"', '"random"', '"entropy"'],
    [{ maskedTeacher: { keeps: 0.5, keep: 0.5 } }, "maskedTeacher", '"keeps"', '"keep"'],
    [{ seed: -1 }, "seed", "-1"],
    [{ epohcs: 3 }, '"epohcs"', '"epochs"'],
    [{ data: { ...good.data, batchsize: 3 } }, "data", '"batchsize"', '"batchSize"'],
    [{ steps: 5 }, "epochs", "steps"],
    [{ epochs: undefined }, "epochs", "steps"],
    [{ epochs: 0, seed: 0.5 }, "epochs", /\b0\b/, "seed", "0.5"],
  ])("%o", (changes, ...facts) => {
    expect(() => checkRecipe({ ...good, ...changes }, "recipes/x.ts")).toThrowCode("ERR_RECIPE", "recipes/x.ts", ...facts);
  });

  test("what is no object at all", () => {
    expect(() => checkRecipe(undefined, "x.ts")).toThrowCode("ERR_RECIPE", "x.ts", "{ student, method, data, … }");
    expect(() => checkRecipe(Promise.resolve(good), "x.ts")).toThrowCode("ERR_RECIPE", "x.ts", "await");
  });
});

test("a good recipe passes through unchanged", () => {
  const checked = checkRecipe(good, "x.ts");
  expect(checked.student).toBe(good.student);
  expect(checked.data.train).toBe(dots);
});

test("a variant derives by spreading; an object is a recipe too", () => {
  const base = defineRecipe(({ smoke }) => ({ ...good, epochs: smoke ? 1 : 300 }));
  const longer = defineRecipe((options) => ({ ...base(options), seed: 3 }));
  expect(longer({ smoke: true, seed: 0 })).toMatchObject({ epochs: 1, seed: 3 });
  expect(longer({ smoke: false, seed: 0 }).epochs).toBe(300);
  expect(defineRecipe(good)({ smoke: true, seed: 0 })).toBe(good);
});

test("a recipe becomes plain JSON", () => {
  const schedule = Object.assign(() => 0, { warmup: 5, floor: 1e-5 });
  expect(plain({ schedule, data: dots, make: () => 1, ema: Number.NaN })).toEqual({
    schedule: { warmup: 5, floor: 1e-5 },
    data: {
      name: "dots",
      n: 1,
      channels: 1,
      height: 2,
      width: 2,
      classes: ["dot"],
      images: "Uint8Array of 4 bytes",
      labels: "Int32Array of 4 bytes",
      pictures: { kind: "pixels", name: "dots", images: "Uint8Array of 4 bytes", channels: 1, height: 2, width: 2 },
    },
    make: "() => 1",
    ema: "NaN",
  });
});
