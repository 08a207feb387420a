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

const fault = (changes: object) => {
  try {
    checkRecipe({ ...good, ...changes }, "recipes/x.ts");
  } catch (error) {
    return (error as Error).message;
  }
  return "no fault";
};

describe("a recipe's faults are named by their path", () => {
  test.each([
    [{ data: { ...good.data, batchSize: "64" } }, 'recipes/x.ts: data.batchSize: expected a positive integer, got "64"'],
    [{ epochs: 1.5 }, "recipes/x.ts: epochs: expected a positive integer, got 1.5"],
    [
      { student: { name: "vit" } },
      'recipes/x.ts: student: expected a function that makes a model, such as () => createModel("deit_tiny_patch16_224"), got an object',
    ],
    [
      { teachers: [() => 1, "cait_s24_224"] },
      'recipes/x.ts: teachers.1: expected a function that makes a model, such as () => createModel("deit_tiny_patch16_224"), got "cait_s24_224"',
    ],
    [{ teachers: () => 1 }, "recipes/x.ts: teachers: expected a list of functions that make a model, got a function"],
    [{ method: undefined }, "recipes/x.ts: method: expected a method, such as manifold({ … }), got nothing"],
    [
      { data: { ...good.data, train: Promise.resolve() } },
      'recipes/x.ts: data.train: expected a data set, such as imageFolder("photos/train"), got a promise (is an await missing?)',
    ],
    [{ data: 3 }, "recipes/x.ts: data: expected an object { train, batchSize, … }, got 3"],
    [{ precision: "float8" }, 'recipes/x.ts: precision: expected "float32", "bfloat16", "float16" or "auto", got "float8"'],
    [{ nonFinite: { skip: -1 } }, "recipes/x.ts: nonFinite: expected an object { skip: 3 }, got an object"],
    [{ ema: Number.NaN }, "recipes/x.ts: ema: expected a number from 0 to 1, got NaN"],
    [{ accumulate: 0 }, "recipes/x.ts: accumulate: expected a number of parts, or { steps: 4, gather: true }, got 0"],
    [
      { accumulate: { step: 2 } },
      "recipes/x.ts: accumulate: expected a number of parts, or { steps: 4, gather: true }, got an object",
    ],
    [{ accumulate: { steps: 1000 } }, "recipes/x.ts: accumulate: expected at most as many parts as data.batchSize has pictures"],
    [{ maskedTeacher: 0.5 }, 'recipes/x.ts: maskedTeacher: expected an object { keep: 0.5, by: "attention" }, got 0.5'],
    [{ maskedTeacher: { keep: 0 } }, "recipes/x.ts: maskedTeacher.keep: expected a share above 0, up to 1, got 0"],
    [{ maskedTeacher: { keep: 50 } }, "recipes/x.ts: maskedTeacher.keep: expected a share above 0, up to 1, got 50"],
    [
      { maskedTeacher: { keep: 0.5, by: "entropy" } },
      'recipes/x.ts: maskedTeacher.by: expected "attention" or "random", got "entropy"',
    ],
    [{ maskedTeacher: { keeps: 0.5, keep: 0.5 } }, 'recipes/x.ts: maskedTeacher: unknown field "keeps" (did you mean "keep"?)'],
    [{ seed: -1 }, "recipes/x.ts: seed: expected a whole number from 0 up, got -1"],
    [{ epohcs: 3 }, 'recipes/x.ts: unknown field "epohcs" (did you mean "epochs"?)'],
    [{ data: { ...good.data, batchsize: 3 } }, 'recipes/x.ts: data: unknown field "batchsize" (did you mean "batchSize"?)'],
    [{ steps: 5 }, "recipes/x.ts: expected either epochs or steps"],
    [{ epochs: undefined }, "recipes/x.ts: expected either epochs or steps"],
    [
      { epochs: 0, seed: 0.5 },
      "recipes/x.ts: epochs: expected a positive integer, got 0; seed: expected a whole number from 0 up, got 0.5",
    ],
  ])("%o", (changes, message) => expect(fault(changes)).toBe(message));

  test("what is no object at all", () => {
    expect(() => checkRecipe(undefined, "x.ts")).toThrow(
      "x.ts: expected a recipe object { student, method, data, … }, got nothing",
    );
    expect(() => checkRecipe(Promise.resolve(good), "x.ts")).toThrow("got a promise");
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
