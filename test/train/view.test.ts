/** Every model sees the one augmented view in its own colours and at its own size, as if it alone had been asked. */

import { describe, expect, test } from "vitest";
import { compose, flip, mixup, normalise, padCrop } from "../../src/augment/index.js";
import { type ColourSpace, Loader, type Samples, samples } from "../../src/data/index.js";
import { soft } from "../../src/methods/index.js";
import { type InputSpec, type Model, type ModelInfo, modelInfo } from "../../src/models/index.js";
import { type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { evaluate, Session, viewOf } from "../../src/train/index.js";
import { columns, master, pupil, toyRecipe } from "./toys.js";

const grey: ColourSpace = { mean: [0.2], std: [0.4] };
const other: ColourSpace = { mean: [0.55], std: [0.13] };
const colour: ColourSpace = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const model = (space: ColourSpace, { size = 8, ...change }: Partial<InputSpec> = {}): ModelInfo =>
  modelInfo("deit_tiny_patch16_224", {
    name: "model",
    inChannels: space.mean.length,
    input: { ...space, size, ...change },
  });
const pictures = (space: ColourSpace = grey, channels = 1, [height, width] = [8, 8]) => ({
  space,
  imageShape: [channels, height, width] as [number, number, number],
});

/** The first batch of an epoch, augmented and mixed, in these colours; the draws do not depend on the colours. */
async function firstBatch(data: Samples, space: ColourSpace): Promise<Tensor> {
  const augment = compose([padCrop({ pad: 1, fill: 50 }), flip(), normalise(space)]);
  const loader = new Loader(data, { batchSize: 6, augment, mix: mixup({ alpha: 1 }), shuffle: true });
  const { value: batch } = await loader.epoch(2).next();
  return tensor(batch!.images, { shape: batch!.shape });
}

/** Each picture in three channels. */
const inColour = (data: Samples): Samples => {
  const images = new Uint8Array(data.n * 3 * 64);
  for (let i = 0; i < images.length; i++) images[i] = data.images[Math.floor(i / 192) * 64 + (i % 64)];
  return samples({ ...data, images, channels: 3 });
};

const largestGap = (a: Tensor, b: Tensor): number => tidy(() => a.sub(b).abs().max().item());

describe("colours", () => {
  test("are what the model would have been given by itself", async () => {
    using ours = await firstBatch(columns(12), grey);
    using its = await firstBatch(columns(12), other);
    using seen = viewOf(model(other), pictures())(ours);
    expect(largestGap(seen, its)).toBeLessThan(2e-6);
  });

  test("of a grey picture stand in every channel of a coloured one", async () => {
    using ours = await firstBatch(columns(12), grey);
    using its = await firstBatch(inColour(columns(12)), colour);
    using seen = viewOf(model(colour), pictures())(ours);
    expect(seen.shape).toEqual([6, 3, 8, 8]);
    expect(largestGap(seen, its)).toBeLessThan(2e-6);
  });
});

/** Pixel (y, x) of image b is ((31 b + 7 y + 11 x + 5 x y) mod 23) / 22. */
const pattern = (): Tensor => {
  const pixel = (i: number) => [Math.floor(i / 64), Math.floor((i % 64) / 8), i % 8];
  const values = Float32Array.from({ length: 128 }, (_, i) => {
    const [b, y, x] = pixel(i);
    return ((31 * b + 7 * y + 11 * x + 5 * x * y) % 23) / 22;
  });
  return tensor(values, { shape: [2, 1, 8, 8] });
};

describe("size", () => {
  // PyTorch 1.13.1: (F.interpolate(p, size=(S, S), mode=…, antialias=True) − 0.2) / 0.4, the first values and the sum of squares
  test.each([
    ["bicubic", 5, [-0.091288, 1.220356, 0.836647, 1.138778, 0.676466, 0.761332], 35.06337],
    ["bicubic", 9, [-0.553709, 0.541451, 1.865484, 1.101358, 1.294639, 1.452209], 144.296646],
    ["bilinear", 5, [-0.005541, 1.127257, 0.841038, 1.059726, 0.685903, 0.723791], 33.142086],
    ["bilinear", 9, [-0.5, 0.541667, 1.652778, 1.166667, 1.261364, 1.356061], 126.70124],
  ] as const)("%s to %i is PyTorch's antialiased resize of the pixels, normalised", (interpolation, size, first, squares) => {
    tidy(() => {
      const bare = { mean: [0], std: [1] };
      const seen = viewOf(model(grey, { size, interpolation }), pictures(bare))(pattern());
      expect(seen.shape).toEqual([2, 1, size, size]);
      const values = [...(seen.data() as Float32Array)];
      for (const [i, value] of first.entries()) expect(values[i]).toBeCloseTo(value, 5);
      expect(seen.square().sum().item()).toBeCloseTo(squares, 3);
      const recoloured = viewOf(model(grey, { size, interpolation }), pictures())(pattern().sub(0.2).div(0.4));
      expect(largestGap(recoloured, seen)).toBeLessThan(1e-5);
    });
  });
});

test("a model made for the loader's pictures is given the very tensor", () => {
  tidy(() => {
    const images = pattern();
    expect(viewOf(model(grey), pictures())(images)).toBe(images);
  });
});

describe("what would have to be guessed is refused", () => {
  test.each<[string, () => unknown, string, (string | RegExp)[]]>([
    [
      "unknown colours",
      () => viewOf(model(grey), { ...pictures(), space: undefined }),
      "ERR_AUGMENTATION",
      ["normalise({ mean, std })", "inSpace({ mean, std }, operation)"],
    ],
    ["fewer channels", () => viewOf(model(grey), pictures(colour, 3)), "ERR_INPUT_SHAPE", ["model", /\b1\b/, "inChannels: 3"]],
    ["oblongs", () => viewOf(model(grey, { size: 4 }), pictures(grey, 1, [8, 6])), "ERR_INPUT_SHAPE", ["8×6", "model", "4×4"]],
    [
      "too few statistics",
      () => viewOf(model(colour, { mean: [0.5] }), pictures()),
      "ERR_MODEL_CONFIG",
      ["model", /\b1\b/, /\b3\b/],
    ],
  ])("%s", (_, make, code, facts) => {
    expect(make).toThrowCode(code, ...facts);
  });
});

/** A model that keeps what it was shown last. */
function watched(made: Model): { made: Model; shown: () => Tensor } {
  let last: { data: Float32Array; shape: number[] };
  const forward = made.forward.bind(made);
  made.forward = (images, options) => {
    last = { data: images.data() as Float32Array, shape: images.shape };
    return forward(images, options);
  };
  return { made, shown: () => tensor(last.data, { shape: last.shape }) };
}

test("in training and in evaluation, a teacher of other colours and size sees its own view of the student's pictures", async () => {
  const teacher = watched(master({ imgSize: 12, input: other }));
  const student = watched(pupil());
  const augment = (space: ColourSpace) => compose([flip(), normalise(space)]);
  const data = { train: columns(60), val: columns(30, 1), batchSize: 12 };
  const recipe = toyRecipe({
    student: () => student.made,
    teachers: [() => teacher.made],
    method: soft(),
    data: { ...data, augment: augment(grey), evalAugment: normalise(grey) },
  });
  using session = Session.open(recipe, { seed: 3, device: "cpu" });
  const itsOwn = viewOf(model(other, { size: 12 }), pictures(other));

  const { value: batch } = await session.loader.epoch(0).next();
  session.step(batch!, 1e-3);
  const alone = new Loader(data.train, { batchSize: 12, augment: augment(other), seed: 3, shuffle: true });
  const { value: its } = await alone.epoch(0).next();
  tidy(() => {
    expect(student.shown().shape).toEqual([12, 1, 8, 8]);
    expect(largestGap(teacher.shown(), itsOwn(tensor(its!.images, { shape: its!.shape })))).toBeLessThan(1e-5);
  });

  await evaluate(teacher.made, session.evaluationLoader("val")!);
  const { value: held } = await new Loader(data.val, { batchSize: 30, augment: normalise(other) }).epoch(0).next();
  tidy(() => {
    expect(largestGap(teacher.shown(), itsOwn(tensor(held!.images, { shape: held!.shape })))).toBeLessThan(1e-5);
  });
});

test("a coloured student may learn from grey pictures, with no augmentation told", async () => {
  const student = watched(pupil({ inChannels: 3, input: colour }));
  const recipe = toyRecipe({ student: () => student.made, method: soft(), data: { train: columns(12), batchSize: 12 } });
  using session = Session.open(recipe, { seed: 0, device: "cpu" });
  const { value: batch } = await session.loader.epoch(0).next();
  session.step(batch!, 1e-3);
  using shown = student.shown();
  expect(shown.shape).toEqual([12, 3, 8, 8]);
});
