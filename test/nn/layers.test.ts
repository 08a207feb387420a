/** Values and gradients of every layer against PyTorch's. */

import { describe, expect, test } from "vitest";
import { Attention, BatchNorm2d, Conv2d, type Layer, LayerNorm, Linear, Mlp } from "../../src/nn/index.js";
import { tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, fill, golden, wave } from "../support/wave.js";

const expected = golden(import.meta.url).layers;

function expectPass(layer: Layer, shape: number[], { output, grads }: { output: number[]; grads: number[][] }): void {
  tidy(() => {
    const x = wave(shape, 0.5).requiresGrad_();
    const y = layer.forward(x);
    y.mul(wave(y.shape, 0.25)).sum().backward();
    expectClose(y, output);
    for (const [i, leaf] of [x, ...layer.parameters()].entries()) expectClose(leaf.grad!, grads[i], { tolerance: 5e-6 });
  });
}

const cases: Record<string, { make: () => Layer; shape: number[] }> = {
  linear: { make: () => new Linear(4, 3), shape: [2, 4] },
  conv2d: { make: () => new Conv2d(4, 2, 3, { stride: 2, padding: 1, groups: 2 }), shape: [1, 4, 5, 5] },
  layerNorm: { make: () => new LayerNorm(4, { eps: 1e-6 }), shape: [2, 3, 4] },
  mlp: { make: () => new Mlp(4, 6), shape: [2, 3, 4] },
  attention: { make: () => new Attention(6, 2, { qkvBias: true }), shape: [2, 3, 6] },
};

onEachDevice(() => {
  describe.each(Object.entries(cases))("%s", (name, { make, shape }) => {
    test("values and gradients are PyTorch's", () => {
      using layer = fill(make());
      expectPass(layer, shape, expected[name]);
    });
  });

  describe("batchNorm", () => {
    test("normalises by the batch in training, by the running statistics in evaluation", () => {
      using norm = fill(new BatchNorm2d(2));
      expectPass(norm, [3, 2, 2, 2], expected.batchNorm);
      expectClose(norm.runningMean, expected.running.mean);
      expectClose(norm.runningVar, expected.running.var);
      expect(norm.numBatchesTracked.item()).toBe(1);

      norm.eval().zeroGrad();
      expectPass(norm, [3, 2, 2, 2], expected.batchNormEval);
      expect(norm.numBatchesTracked.item()).toBe(1);
    });
  });
});
