import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evalAugment } from "../../../src/augment/index.js";
import { loadTensors, saveTensors } from "../../../src/checkpoint/index.js";
import { Loader, Rng, samples } from "../../../src/data/index.js";
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

test("nothing is left behind", () => expect(memory()).toEqual(before));
