/** attention() is its formula, fused or not, with any scale and with fewer queries than keys. */

import { expect, test } from "vitest";
import { attention } from "../../src/nn/index.js";
import { grad, type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, wave } from "../support/wave.js";

function byFormula(q: Tensor, k: Tensor, v: Tensor, scale: number, bias: Tensor | number = 0): Tensor {
  return q.matmul(k.transpose(-2, -1)).mul(scale).add(bias).softmax(-1).matmul(v);
}

const numbersOf = (x: Tensor): number[] => Array.from(x.data() as Float32Array);

onEachDevice(() => {
  test.each([
    ["the default scale", {}, 3 ** -0.5],
    ["a scale of its own", { scale: 2 }, 2],
  ])("%s", (_, options, scale) => {
    tidy(() => {
      const [q, k, v] = [wave([2, 2, 1, 3], 0), wave([2, 2, 5, 3], 1), wave([2, 2, 5, 3], 2)];
      expectClose(attention(q, k, v, options), numbersOf(byFormula(q, k, v, scale)));
    });
  });

  test("a bias is added to the scores, the same for every image, and has a gradient", () => {
    tidy(() => {
      const [q, k, v] = [wave([2, 2, 4, 3], 0), wave([2, 2, 4, 3], 1), wave([2, 2, 4, 3], 2)];
      const bias = wave([2, 4, 4], 3).requiresGrad_();
      const [biased, expected] = [attention(q, k, v, { bias }), byFormula(q, k, v, 3 ** -0.5, bias)];
      expectClose(biased, numbersOf(expected.detach()));
      const [[found], [slope]] = [biased, expected].map((y) => grad([y.square().sum()], [bias]));
      expectClose(found!, numbersOf(slope!));
    });
  });

  test("dropout changes the weights", () => {
    tidy(() => {
      const x = wave([1, 1, 8, 4], 0);
      expect(numbersOf(attention(x, x, x, { dropout: 0.5 }))).not.toEqual(numbersOf(attention(x, x, x)));
    });
  });
});
