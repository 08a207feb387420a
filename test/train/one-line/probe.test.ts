import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evalAugment } from "../../../src/augment/index.js";
import { loadTensors, saveTensors } from "../../../src/checkpoint/index.js";
import { type Dataset, Loader, Rng, samples, subset } from "../../../src/data/index.js";
import { createModel } from "../../../src/models/index.js";
import { memory } from "../../../src/torch/index.js";
import { evaluate, probe } from "../../../src/train/index.js";

const before = memory();

/** Class k is bright in a third of the rows. */
function bands(n: number, seed: number) {
  const rng = Rng.from(seed);
  const images = Uint8Array.from({ length: n * 784 }, (_, i) => {
    const row = Math.floor((i % 784) / 28);
    return rng.int(60) + (Math.floor(row / 10) === Math.floor(i / 784) % 3 ? 180 : 0);
  });
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  return samples({ name: "bands", images, labels, channels: 1, height: 28, width: 28, classes: ["top", "middle", "bottom"] });
}

test("a head fitted to a frozen model's features is as good in the model as it was said to be", async () => {
  const weights = join(mkdtempSync(join(tmpdir(), "vit-distill-")), "seven.safetensors");
  using trunk = createModel("convnet_tiny_28", { numClasses: 7 });
  saveTensors(weights, trunk.stateDict());
  const spec = { model: "convnet_tiny_28", weights };
  const [train, val] = [bands(90, 0), bands(60, 1)];
  const { head, accuracy, heldOut, pictures, width } = await probe(spec, { train, val, workers: 0 });
  expect({ heldOut, pictures, width }).toEqual({ heldOut: true, pictures: 90, width: 64 });
  expect(accuracy).toBeGreaterThan(0.6);

  const own = loadTensors(weights);
  using model = createModel("convnet_tiny_28", { numClasses: 3, weights: new Map([...own, ...head]) });
  const loader = new Loader(val, { batchSize: 20, augment: evalAugment(model.info.input), workers: 0 });
  expect((await evaluate(model, loader)).top1).toBeCloseTo(accuracy, 1);
  const again = await probe(spec, { train, val, workers: 0 });
  expect(again.head.get("head.weight")!.data()).toEqual(head.get("head.weight")!.data());
  for (const tensor of [...own.values(), ...head.values(), ...again.head.values()]) tensor.dispose();
});

test("pictures that cannot be used are neither fitted to nor counted", async () => {
  const weights = join(mkdtempSync(join(tmpdir(), "vit-distill-")), "seven.safetensors");
  using trunk = createModel("convnet_tiny_28", { numClasses: 7 });
  saveTensors(weights, trunk.stateDict());
  const spec = { model: "convnet_tiny_28", weights };
  const bad = [0, 31, 32];
  const usable = (n: number) => [...Array(n).keys()].filter((i) => !bad.includes(i));
  const damaged = await probe(spec, {
    train: without(bands(90, 0), bad),
    val: without(bands(60, 1), bad),
    workers: 0,
    maxBad: 1,
  });
  const rest = await probe(spec, { train: subset(bands(90, 0), usable(90)), val: subset(bands(60, 1), usable(60)), workers: 0 });
  expect(damaged.pictures).toBe(87);
  expect(damaged.accuracy).toBeCloseTo(rest.accuracy, 1);
  for (const { head } of [damaged, rest]) for (const tensor of head.values()) tensor.dispose();
});

/** The same, of which these rows cannot be read. */
function without(whole: ReturnType<typeof bands>, rows: readonly number[]): Dataset {
  const read = (row: number) => {
    if (rows.includes(row)) throw new Error("it is truncated");
    return { data: whole.images.subarray(784 * row, 784 * row + 784), channels: 1, height: 28, width: 28 };
  };
  return { ...whole, pictures: { kind: "own", name: String, read } };
}

test("nothing is left behind", () => expect(memory()).toEqual(before));
