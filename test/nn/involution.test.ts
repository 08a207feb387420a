/** The involution layer against its formula, written out position by position. */

import { describe, expect, test } from "vitest";
import { Involution } from "../../src/nn/index.js";
import { type Tensor, tidy } from "../../src/torch/index.js";
import { expectClose, fill, wave } from "./wave.js";

/** The kernels of every position, from the layer's own convolutions: [B, G K², h, w]. */
const kernelsOf = (layer: Involution, x: Tensor): Tensor =>
  (layer.stride === 1 ? x : x.avgPool2d(layer.stride, { ceilMode: true })).pipe(layer.conv1).pipe(layer.conv2);

/** y[b, c, i, j] = Σ over u, v of kernel[b, group of c, u, v, i, j] · x[b, c, i s + u - p, j s + v - p], zero outside. */
function literal(x: Tensor, kernels: Tensor, kernel: number, stride: number): number[] {
  const [batch, channels, height, width] = x.shape;
  const [, , h, w] = kernels.shape;
  const [from, by] = [x.data(), kernels.data()] as [Float32Array, Float32Array];
  const groups = channels / 16;
  const at = (b: number, c: number, i: number, j: number): number =>
    i < 0 || j < 0 || i >= height || j >= width ? 0 : from[((b * channels + c) * height + i) * width + j];
  const result: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++) {
          let sum = 0;
          for (let tap = 0; tap < kernel ** 2; tap++) {
            const [u, v] = [Math.floor(tap / kernel) - (kernel - 1) / 2, (tap % kernel) - (kernel - 1) / 2];
            const weight = by[((b * groups * kernel ** 2 + Math.floor(c / 16) * kernel ** 2 + tap) * h + i) * w + j];
            sum += weight * at(b, c, i * stride + u, j * stride + v);
          }
          result.push(sum);
        }
  return result;
}

describe.each([
  { kernel: 3, stride: 1, map: [5, 4] },
  { kernel: 3, stride: 2, map: [6, 4] },
  { kernel: 7, stride: 1, map: [3, 7] },
  { kernel: 7, stride: 2, map: [7, 5] },
])("kernel $kernel, stride $stride, map $map", ({ kernel, stride, map }) => {
  test("is the sum over the neighbourhood, each position with its own kernel", () => {
    using layer = fill(new Involution(32, kernel, { stride })).eval();
    tidy(() => {
      const x = wave([2, 32, ...map], 0.5);
      const y = layer.forward(x);
      expect(y.shape).toEqual([2, 32, ...map.map((extent) => Math.ceil(extent / stride))]);
      expectClose(y, literal(x, kernelsOf(layer, x), kernel, stride), { tolerance: 5e-6 });
    });
  });

  test("every parameter and the input have a gradient", () => {
    using layer = fill(new Involution(32, kernel, { stride }));
    tidy(() => {
      const x = wave([2, 32, ...map], 0.5).requiresGrad_();
      const y = layer.forward(x);
      y.mul(wave(y.shape, 0.25)).sum().backward();
      for (const leaf of [x, ...layer.parameters()]) expect(leaf.grad!.abs().max().item()).toBeGreaterThan(0);
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
