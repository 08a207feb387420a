/** The doctor on the teachers that our recipes trained: fit as they are, and spoilt in every way that has cost people a training. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { caitTeacher } from "../../../recipes/fashion-mnist/teacher-cait.js";
import { convTeacher } from "../../../recipes/fashion-mnist/teacher-conv.js";
import { shipped } from "../../../recipes/fashion-mnist/weights.js";
import { type Dataset, fashionMnist, stratifiedSplit, stratifiedSubset } from "../../../src/data/index.js";
import { manifold, soft } from "../../../src/methods/index.js";
import { convNet, type Model, reorderHead, vit } from "../../../src/models/index.js";
import { adamW } from "../../../src/optim/index.js";
import { full, Generator, manualSeed, memory, type Tensor, tensor, tidy } from "../../../src/torch/index.js";
import { examine } from "../../../src/train/doctor/index.js";
import { classOrder, type Diagnosis, doctor, type Recipe, type TrainOptions, train } from "../../../src/train/index.js";

const { validation } = stratifiedSplit(fashionMnist({ split: "train" }), { validation: 5000, seed: 0 });
const val = stratifiedSubset(validation, { total: 200, seed: 1 });
const input = { mean: [0.286], std: [0.353] };

const student = () => vit({ imgSize: 28, inChannels: 1, numClasses: 10, patchSize: 7, embedDim: 16, depth: 1, heads: 2, input });
const conv = () => shipped(convTeacher(), "fashion_conv");
const cait = () => shipped(caitTeacher(), "fashion_cait");

const recipeOf = (teachers: (() => Model)[], data: Partial<Recipe["data"]> = {}): Recipe => ({
  student,
  teachers,
  method: soft(),
  data: { train: val, val, batchSize: 32, ...data },
  steps: 3,
  optimizer: adamW({ lr: 1e-3 }),
  precision: "float32",
});

const examined = (teacher: () => Model, data: Partial<Recipe["data"]> = {}) => doctor(recipeOf([teacher], data));
const found = ({ findings }: Diagnosis, name: string) => findings.find(({ check }) => check === name)!;
const refused = ({ findings }: Diagnosis) => findings.filter(({ severity }) => severity === "refuse").map(({ check }) => check);

/** The model with one of its tensors changed. */
function changed<M extends Model>(model: M, key: string, change: (value: Tensor) => Tensor): M {
  tidy(() => {
    const value = model.stateDict().get(key)!;
    value.detach().copy_(change(value.detach()));
  });
  return model;
}

let before = 0;
beforeEach(() => {
  before = memory().tensors;
  return () => expect(memory().tensors).toBe(before);
});

test.each([
  [0.5, "warning", 8],
  [1, "ok", 16],
] as const)("a masked teacher of 16 patches that keeps %d of them: %s", async (keep, severity, seen) => {
  const mask = found(await doctor({ ...recipeOf([cait]), maskedTeacher: { keep } }), "mask");
  expect(mask).toMatchObject({ severity, certain: false, who: "teacher fashion_cait", numbers: { n: 200 } });
  expect(mask.says).toMatch(new RegExp(`\\b200\\b.*\\b${seen}\\b.*\\b16\\b`));
  if (severity === "warning") expect(mask.fix).toContain("maskedTeacher.keep");
  else expect(mask.numbers.masked).toBe(mask.numbers.whole);
});

test.each([
  ["conv", conv],
  ["cait", cait],
] as const)("the %s teacher that we ship is fit", async (_, teacher) => {
  // biome-ignore format: a table
  const diagnosis = await examined(teacher);
  expect(diagnosis.findings.filter(({ severity }) => severity !== "ok")).toEqual([]);
  expect(diagnosis).toMatchObject({ severity: "ok", images: 200, split: "val" });
  expect(found(diagnosis, "accuracy").numbers.top1).toBeGreaterThan(0.88);
});

describe("classes in another order", () => {
  /** As if it had been trained with its classes in this order of the data's. */
  const trainedIn = (order: number[]) => () => reorderHead(conv(), order.map((_, label) => order.indexOf(label))); // biome-ignore format: one line

  test("alphabetical: named, and mended by what the doctor says", async () => {
    const order = classOrder(val.classes, "lexicographic");
    const diagnosis = await examined(trainedIn(order));
    expect(refused(diagnosis)).toEqual(["order"]); // four classes of ten stand where they stood
    const { says, fix, numbers } = found(diagnosis, "order");
    expect(says).toMatch(/ 9\d\.\d % /);
    expect(numbers.reordered).toBeGreaterThan(0.9);
    expect(says).toContain("T-shirt/top → Ankle boot");
    expect(fix).toContain(`reorderHead(teacher, [${order.join(", ")}])`);
    expect(numbers).toMatchObject({ sort: "lexicographic", order });
    const mended = await examined(() => reorderHead(trainedIn(order)(), order));
    expect(mended.severity).toBe("ok");
  });

  test("1, 10, 2 under 1, 2, 10, and the other way round", async () => {
    const numbers = val.classes.map((_, i) => String(i + 1));
    const naturally: Dataset = { ...val, classes: numbers };
    const asText = classOrder(numbers, "lexicographic");
    expect(found(await examined(trainedIn(asText), { val: naturally, train: naturally }), "order").numbers.sort).toBe(
      "lexicographic",
    );

    const labels = val.labels.map((label) => asText.indexOf(label));
    const lexically: Dataset = { ...val, labels, classes: [...numbers].sort() };
    const diagnosis = await examined(conv, { val: lexically, train: lexically });
    expect(found(diagnosis, "order").numbers).toMatchObject({ sort: "natural", order: classOrder(lexically.classes, "natural") });
  });

  test("any other: found on one half of the pictures, proved on the other", async () => {
    const order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7];
    const diagnosis = await examined(trainedIn(order));
    expect(refused(diagnosis)[0]).toBe("order");
    expect(found(diagnosis, "order").numbers).toMatchObject({ sort: null, order });
  });
});

describe("a method that reads features alone", () => {
  const features = manifold({ layers: [[0, 0]], alpha: 0, samples: 16 });
  const examinedFor = (teacher: () => Model) => doctor({ ...recipeOf([teacher]), method: features }, { images: 64 });

  test("does not mind a head of other classes", async () => {
    const seven = () => convNet({ name: "fashion_conv", numClasses: 7, input });
    const diagnosis = await examinedFor(seven);
    expect(found(diagnosis, "head")).toMatchObject({
      severity: "ok",
      says: expect.stringContaining(features.name),
      numbers: { numClasses: 7, classes: 10 },
    });
    expect(found(diagnosis, "entropy").numbers.mostNamed).toMatch(/^class [0-6]$/);
    expect(diagnosis.findings.map(({ check }) => check)).not.toContain("accuracy");
  });

  test("is warned of classes in another order", async () => {
    const diagnosis = await examinedFor(() => reorderHead(conv(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]));
    expect(found(diagnosis, "order")).toMatchObject({ severity: "warning", numbers: { sort: "oneOn" } });
    expect(diagnosis.severity).toBe("warning");
  });
});

test("pictures without labels: numbers, modes and entropy can still be looked at", async () => {
  const bare: Dataset = { ...val, classes: [], labels: new Int32Array(val.n).fill(-1) };
  const diagnosis = await doctor({ ...recipeOf([conv], { val: bare, train: bare }), method: soft({ alpha: 1 }) }, { images: 64 });
  expect(diagnosis.findings.map(({ check }) => check)).toEqual(["head", "channels", "weights", "answers", "entropy", "mode"]);
  expect(diagnosis.severity).toBe("ok");
});

describe("input statistics", () => {
  const seeing = (mean: number[], std: number[]) => () =>
    shipped(convNet({ name: "fashion_conv", widths: [16, 40, 96], blocks: 2, input: { mean, std } }), "fashion_conv");

  test.each([
    ["a half", [0.5], [0.5]],
    ["from 0 to 1", [0], [1]],
    ["ImageNet's", [0.449], [0.226]],
    ["unscaled", [0], [1 / 255]],
  ])("%s instead of the data's", async (_, mean, std) => {
    const diagnosis = await examined(seeing(mean, std));
    expect(refused(diagnosis)[0]).toBe("input");
    const { says, fix } = found(diagnosis, "input");
    expect(says).toMatch(/ 9\d\.\d % .* \d+\.\d % /);
    const [, own, deviation] = fix!.match(/input: \{ mean: \[(.*)\], std: \[(.*)\] \}/)!;
    expect(Number(own)).toBeCloseTo(0.286, 1);
    expect(Number(deviation)).toBeCloseTo(0.353, 1);
  });
});

test("a head of other classes is refused before any picture is shown", async () => {
  const diagnosis = await examined(() => convNet({ name: "fashion_conv", numClasses: 7, input }));
  expect(diagnosis).toMatchObject({ severity: "refuse", images: 0 });
  expect(diagnosis.findings).toMatchObject([{ check: "head", certain: true, numbers: { numClasses: 7, classes: 10 } }]);
});

test("an untrained teacher", async () => {
  manualSeed(3);
  const diagnosis = await examined(convTeacher);
  expect(refused(diagnosis)).toContain("accuracy");
  expect(found(diagnosis, "order").severity).toBe("ok"); // no order makes it a teacher
  expect(found(diagnosis, "accuracy").numbers).toMatchObject({ n: 200, chance: expect.any(Number) });
});

test("a few pictures refuse nobody", async () => {
  manualSeed(3);
  const few = stratifiedSubset(val, { total: 40, seed: 0 });
  const diagnosis = await examined(convTeacher, { val: few });
  expect(diagnosis.severity).not.toBe("refuse");
  expect(found(diagnosis, "accuracy")).toMatchObject({ severity: "ok", numbers: { n: 40 } });
});

describe("numbers that are none", () => {
  test("in a weight, by its key", async () => {
    const diagnosis = await examined(() =>
      changed(conv(), "stages.1.blocks.0.conv2.conv.weight", (value) => value.mul(Number.NaN)),
    );
    expect(diagnosis).toMatchObject({ severity: "refuse", images: 0 });
    const { says, numbers } = found(diagnosis, "weights");
    expect(numbers).toEqual({ keys: ["stages.1.blocks.0.conv2.conv.weight"] });
    expect(says).toContain("stages.1.blocks.0.conv2.conv.weight");
  });

  test("in the answers, by the first tap that has them", async () => {
    const diagnosis = await examined(() => changed(conv(), "stages.1.blocks.0.conv2.bn.running_var", (value) => value.neg()));
    expect(refused(diagnosis)).toEqual(["answers"]);
    expect(found(diagnosis, "answers").numbers).toEqual({ first: "stages.1" });
    expect(found(diagnosis, "answers").says).toMatch(/\bstages\.1\b/);
  });
});

test("a teacher that always says the same", async () => {
  const bag = () =>
    changed(
      changed(conv(), "head.weight", (value) => value.mul(0)),
      "head.bias",
      () => tensor([0, 0, 0, 0, 0, 0, 0, 0, 9, 0]),
    );
  const diagnosis = await examined(bag);
  expect(refused(diagnosis)).toEqual(["entropy", "accuracy"]);
  expect(found(diagnosis, "entropy").numbers).toMatchObject({ mostNamed: "Bag", share: 1, due: 0.1 });
  expect(found(diagnosis, "entropy").says).toMatch(/ 100\.0 % .*\bBag\b.* 10\.0 % /);
});

test("a teacher that says the same of every class", async () => {
  const flat = () =>
    changed(
      changed(conv(), "head.weight", (value) => value.mul(1e-3)),
      "head.bias",
      (value) => value.mul(0),
    );
  const { severity, numbers } = found(await examined(flat), "entropy");
  expect(severity).toBe("warning");
  expect(numbers.entropy).toBeGreaterThan(0.99);
});

test("batch norm's statistics that are another model's", async () => {
  const lost = () => {
    const model = conv();
    for (const key of model.stateDict().keys()) {
      if (key.endsWith("running_mean")) changed(model, key, (value) => value.mul(0));
      if (key.endsWith("running_var")) changed(model, key, (value) => value.mul(0).add(1));
    }
    return model;
  };
  const diagnosis = await examined(lost);
  expect(diagnosis.severity).toBe("refuse");
  expect(found(diagnosis, "mode")).toMatchObject({
    severity: "warning",
    fix: expect.stringContaining("running_mean and running_var"),
  });
});

test("what it looked at in training mode is afterwards what it was: modes, buffers, random streams", async () => {
  using model = shipped(convNet({ widths: [16, 40, 96], blocks: 2, dropPath: 0.5, input }), "fashion_conv").eval();
  model.stages[0].training = true;
  const state = () => tidy(() => [...model.stateDict()].map(([key, value]) => [key, value.data()]));
  const modes = () => model.modules().map(({ training }) => training);
  const stream = () => tidy(() => Generator.default().state().data());
  const was = [state(), modes(), stream()];
  const diagnosis = await examine({
    recipe: recipeOf([]),
    teachers: [model],
    device: "cpu",
    precision: "float32",
    images: 64,
    short: false,
  });
  expect(found(diagnosis, "mode").numbers.changed).toBeGreaterThan(0);
  expect([state(), modes(), stream()]).toEqual(was);
});

test("two teachers: their agreement; one and the same is said", async () => {
  const two = await doctor(recipeOf([conv, cait]), { images: 100 });
  expect(found(two, "twins")).toMatchObject({ who: "teacher fashion_conv and teacher fashion_cait", severity: "ok" });
  expect(found(two, "twins").numbers.agreement).toBeGreaterThan(0.8);
  const same = await doctor(recipeOf([conv, conv]), { images: 100 });
  expect(found(same, "twins")).toMatchObject({
    who: "teacher 1, fashion_conv and teacher 2, fashion_conv",
    severity: "warning",
    certain: true,
    numbers: { agreement: 1 },
  });
});

test("without a validation split the training pictures are looked at; without a teacher nothing is", async () => {
  expect(await doctor(recipeOf([conv], { val: undefined }), { images: 64 })).toMatchObject({ split: "train", images: 64 });
  expect(await doctor(recipeOf([]))).toMatchObject({ severity: "ok", images: 0, findings: [] });
});

describe("train", () => {
  const scratch = mkdtempSync(join(tmpdir(), "vit-distill-doctor-"));
  afterAll(() => rmSync(scratch, { recursive: true }));

  async function run(teacher: () => Model, name: string, options: TrainOptions = {}) {
    const dir = join(scratch, name);
    const events = [];
    for await (const event of train(recipeOf([teacher]), { dir, seed: 2, ...options })) events.push(event);
    return { dir, begin: events[0] as Extract<(typeof events)[number], { kind: "begin" }> };
  }
  const untrained = () => {
    manualSeed(3);
    return convTeacher();
  };

  test("refuses a bad teacher with a sentence and leaves nothing behind", async () => {
    await expect(run(untrained, "bad")).rejects.toThrowCode(
      "ERR_UNFIT_TEACHER",
      "fashion_conv",
      "vit-distill doctor",
      "--no-doctor",
      "doctor: false",
    );
    expect(existsSync(join(scratch, "bad"))).toBe(false);
  });

  test("takes it all the same when told to, and in a smoke run with a warning", async () => {
    expect((await run(untrained, "told", { doctor: false })).begin.doctor).toBeNull();
    const source = { file: "x.ts", sha256: "", smoke: true };
    const { begin, dir } = await run(untrained, "smoke", { source });
    expect(begin.doctor?.severity).toBe("warning");
    expect(readFileSync(join(dir, "train.log"), "utf8")).toMatch(/doctor: .*\bfashion_conv\b/);
  });

  test("a good one is told in a line, and the run is the same with and without, bit for bit", async () => {
    const [seen, unseen] = [await run(conv, "seen"), await run(conv, "unseen", { doctor: false })];
    expect(seen.begin.doctor).toMatchObject({ severity: "ok", split: "val" });
    const [a, b] = [seen, unseen].map(({ dir }) => readFileSync(join(dir, "student.safetensors")));
    expect(a.equals(b)).toBe(true);
    expect(readFileSync(join(seen.dir, "train.log"), "utf8")).toMatch(/doctor: .*\bfashion_conv\b.* 9\d\.\d % .*\b\d+\b/);
  });
});

test("a head is reordered row by row; an order that is none is refused", () => {
  using model = convNet({ widths: [4], blocks: 1, numClasses: 3 });
  tidy(() => {
    changed(model, "head.bias", () => tensor([10, 11, 12]));
    changed(model, "head.weight", () => full([3, 4], 1).mul(tensor([[0], [1], [2]])));
    reorderHead(model, [2, 0, 1]);
    expect(model.head.bias!.toArray()).toEqual([11, 12, 10]);
    expect(model.head.weight.select(1, 0).toArray()).toEqual([1, 2, 0]);
  });
  expect(() => reorderHead(model, [0, 0, 1])).toThrowCode("ERR_CLASSES", /\b3\b/, /\b0\b/, /\b2\b/);
});
