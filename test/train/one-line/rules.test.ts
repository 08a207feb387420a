import { expect, test } from "vitest";
import { coadvise, modelInfo } from "../../../src/models/index.js";
import { memory, tidy } from "../../../src/torch/index.js";
import { type Lessons, makeMethod, methodFor } from "../../../src/train/one-line/method.js";
import { headsOf, modelSpec, teacherSpec } from "../../../src/train/one-line/model-spec.js";
import {
  batchFor,
  epochsFor,
  layersFor,
  maxBadFor,
  partsFor,
  rateFor,
  strengthFor,
  warmupFor,
} from "../../../src/train/one-line/rules.js";

const before = memory();
const five = { numClasses: 5 };
const deit = modelInfo("deit_tiny_patch16_224", five);
const cait = modelInfo("cait_s24_224", five);
const lessons = (change: Partial<Lessons> = {}): Lessons => ({
  student: deit,
  teachers: [cait],
  labelled: true,
  answers: true,
  probed: false,
  ...change,
});

test("few pictures are seen often, many seldom, by a trained model more seldom still", () => {
  const epochs = (n: number, trained = false) => epochsFor(n, { trained }).value;
  expect([60, 2_000, 10_000, 1_000_000].map((n) => epochs(n))).toEqual([300, 150, 30, 20]);
  expect([60, 2_000, 1_000_000].map((n) => epochs(n, true))).toEqual([50, 15, 10]);
  expect(warmupFor(10)).toBe(1);
  expect(warmupFor(300)).toBe(5);
});

test("a batch is a power of two with eight steps or more in an epoch", () => {
  expect([50, 300, 2_000, 1e6].map((n) => batchFor(n, { device: "cpu" }).value)).toEqual([8, 32, 64, 64]);
  expect(batchFor(1e6, { device: "cuda:0" }).value).toBe(256);
});

test("the learning rate goes with the root of the batch", () => {
  expect(rateFor(1024, { trained: false }).value).toBe(1e-3);
  expect(rateFor(256, { trained: false }).value).toBe(5e-4);
  expect(rateFor(256, { trained: true }).value).toBe(5e-5);
});

test("a batch is divided where it would not fit a quarter of the memory", () => {
  expect(partsFor(64, deit, { memory: 64e9 }).value).toBe(1);
  const { value, why } = partsFor(64, deit, { memory: 4e9 });
  expect(value).toBeGreaterThan(1);
  expect(64 / value).toBe(Math.floor(64 / value));
  expect(why).toContain("1.0 GB");
  expect(partsFor(64, deit, { memory: 1 }).value).toBe(64);
});

test("augmentation grows with the passes, and leaves colours alone where there are none", () => {
  const name = (epochs: number, channels = 3, trained = false) => strengthFor(epochs, { trained, channels }).value;
  expect([20, 100, 300].map((epochs) => name(epochs).name)).toEqual(["light", "medium", "full"]);
  expect(name(300, 3, true).name).toBe("light");
  expect(name(300, 1).augment).toEqual({ rand: null, jitter: 0 });
});

test("five unusable pictures are borne among few, one in twenty among many", () => {
  expect(maxBadFor([2000, 200])).toBe(0.05);
  expect(maxBadFor([45, 5])).toBe(0.5);
  expect(maxBadFor([450, 50])).toBe(0.1);
});

test("layers meet where their grids do: all on one grid, a Swin's stages at their depths, and nothing where nothing fits", () => {
  expect(layersFor(deit, cait)?.value).toEqual({});
  const swin = layersFor(deit, modelInfo("swin_tiny_patch4_window7_224", five))?.value;
  expect(swin?.layers?.length).toBeGreaterThan(0);
  expect(layersFor(modelInfo("deit_tiny_patch16_224", { imgSize: 64 }), cait)).toBeUndefined();
  const half = layersFor(modelInfo("deit_tiny_patch16_224", { imgSize: 112 }), modelInfo("vit_tiny_patch16_224"));
  expect(half?.value).toMatchObject({ unequalGrids: "merge", layers: { length: 8 } });
});

test("the method is manifold where patches can be compared, by the released setting, and less so under a probed head", () => {
  expect(methodFor(lessons()).value).toEqual({ make: "manifold", options: { alpha: 1 } });
  expect(methodFor(lessons({ probed: true })).value.options).toEqual({ alpha: 0.5 });
  const small = modelInfo("deit_tiny_patch16_224", { ...five, imgSize: 64 });
  expect(methodFor(lessons({ student: small })).value.make).toBe("soft");
  const distilled = modelInfo("deit_tiny_distilled_patch16_224", { ...five, imgSize: 64 });
  expect(methodFor(lessons({ student: distilled })).value.make).toBe("token");
});

test("without labels the teacher has the whole say", () => {
  const unlabelled = lessons({ labelled: false });
  for (const asked of ["manifold", "soft", "hard"]) {
    expect(makeMethod(methodFor(unlabelled, asked).value).reads.labels).toBe(false);
  }
  const student = modelInfo("deit_tiny_distilled_patch16_224", five);
  expect(() => methodFor({ ...unlabelled, student }, "token")).toThrowCode("ERR_NO_LABELS", '"class"', student.name);
});

test("a teacher of other classes teaches by features alone, or is refused with both ways out", () => {
  const foreign = lessons({ teachers: [modelInfo("cait_s24_224")], answers: false });
  const { reads } = makeMethod(methodFor(foreign).value);
  expect(reads).toEqual({ labels: true, answers: false });
  expect(() => methodFor(foreign, "soft")).toThrowCode(
    "ERR_CLASSES",
    "cait_s24_224",
    /\b1000\b/,
    /\b5\b/,
    "--teacher-head probe",
    "--method manifold",
  );
});

test("several teachers are heard by as many tokens", () => {
  const student = tidy(() => coadvise({ name: "listener", numClasses: 5, depth: 1 }).info);
  const two = lessons({ student, teachers: [cait, cait] });
  expect(methodFor(two).value).toEqual({ make: "coAdvise", options: { teachers: [{ token: "conv" }, { token: "inv" }] } });
  expect(() => methodFor({ ...two, student: deit })).toThrowCode("ERR_TEACHERS", deit.name, /\b2\b/, "coadvise_tiny");
  expect(() => methodFor(lessons({ student }), "soft")).toThrowCode("ERR_TEACHERS", '"conv"', "listener");
});

test("models are named with their weights", () => {
  expect(modelSpec("cait_s24_224=a=b.pth")).toEqual({ model: "cait_s24_224", weights: "a=b.pth" });
  expect(() => modelSpec("cait_s24_22")).toThrowCode("ERR_UNKNOWN_MODEL", '"cait_s24_22"', '"cait_s24_224"');
  expect(() => teacherSpec("cait_s24_224")).toThrowCode("ERR_NO_WEIGHTS", "--teacher cait_s24_224=FILE");
});

test.each([
  ["deit_tiny_distilled_patch16_224", ["head.weight", "head_dist.weight"], 192],
  ["coadvise_tiny", ["head.weight", "head_conv.weight", "head_inv.weight"], 192],
  ["swin_tiny_patch4_window7_224", ["head.weight"], 768],
  ["convnet_tiny_28", ["head.weight"], 64],
])("%s has its heads found", (model, keys, width) => {
  expect(headsOf(model)).toMatchObject({ keys: keys.map((weight) => ({ weight })), width });
});

test("nothing is left behind", () => expect(memory()).toEqual(before));
