/** The involution layer against the paper's formula on its own kernels: unfold, multiply, sum. The operator has tests of its own. */

import { describe, expect, test } from "vitest";
import { Involution } from "../../src/nn/index.js";
import { type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, fill, wave } from "../support/wave.js";

function formula({ conv1, conv2, kernel, stride }: Involution, x: Tensor): Tensor {
  const [batch, channels] = x.shape;
  const pooled = stride === 1 ? x : x.avgPool2d(stride, { ceilMode: true });
  const kernels = pooled.pipe(conv1).pipe(conv2);
  const [, , h, w] = kernels.shape;
  const groups = [batch, channels / 16, 16, kernel ** 2, h, w];
  const patches = x.im2col(kernel, 1, (kernel - 1) / 2, stride).view(groups);
  const products = patches.mul(kernels.view([batch, channels / 16, 1, kernel ** 2, h, w]));
  return products.sum([3]).view([batch, channels, h, w]);
}

onEachDevice(() => {
  describe.each([
    { kernel: 3, stride: 1, map: [5, 4] },
    { kernel: 3, stride: 2, map: [6, 4] },
    { kernel: 7, stride: 1, map: [3, 7] },
    { kernel: 7, stride: 2, map: [7, 5] },
  ])("kernel $kernel, stride $stride, map $map", ({ kernel, stride, map }) => {
    test("values and gradients are those of the formula", () => {
      using layer = fill(new Involution(32, kernel, { stride })).eval();
      tidy(() => {
        const pass = (run: (x: Tensor) => Tensor) => {
          layer.zeroGrad();
          const x = wave([2, 32, ...map], 0.5).requiresGrad_();
          const y = run(x);
          y.mul(wave(y.shape, 0.25)).sum().backward();
          return [y, x.grad!, ...layer.parameters().map(({ grad }) => grad!.clone())];
        };
        const expected = pass((x) => formula(layer, x));
        const actual = pass((x) => layer.forward(x));
        expect(actual[0].shape).toEqual([2, 32, ...map.map((extent) => Math.ceil(extent / stride))]);
        for (const [i, t] of actual.entries())
          expectClose(t, Array.from(expected[i].data() as Float32Array), { tolerance: 1e-5 });
      });
    });
  });
});

test("the keys are those of the paper's code", () => {
  using layer = new Involution(32, 3);
  expect([...layer.stateDict()].map(([key, { shape }]) => `${key} ${shape}`)).toEqual([
    "conv1.conv.weight 8,32,1,1",
    "conv1.bn.weight 8",
    "conv1.bn.bias 8",
    "conv1.bn.running_mean 8",
    "conv1.bn.running_var 8",
    "conv1.bn.num_batches_tracked ",
    "conv2.conv.weight 18,8,1,1",
    "conv2.conv.bias 18",
  ]);
});

test("refuses channels that make no whole groups, and a kernel without a middle", () => {
  expect(() => new Involution(24, 3)).toThrowCode("ERR_MODEL_CONFIG", 16, 24);
  expect(() => new Involution(32, 4)).toThrowCode("ERR_MODEL_CONFIG", /\b4\b/);
});
