/** attention() is its formula, fused or not, with any scale and with fewer queries than keys. */

import { expect, test } from "vitest";
import { attention } from "../../src/nn/index.js";
import { type Tensor, tidy } from "../../src/torch/index.js";
import { expectClose, wave } from "./wave.js";

function byFormula(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
  return q.matmul(k.transpose(-2, -1)).mul(scale).softmax(-1).matmul(v);
}

const numbersOf = (x: Tensor): number[] => Array.from(x.data() as Float32Array);

test.each([
  ["the default scale", {}, 3 ** -0.5],
  ["a scale of its own", { scale: 2 }, 2],
])("%s", (_, options, scale) => {
  tidy(() => {
    const [q, k, v] = [wave([2, 2, 1, 3], 0), wave([2, 2, 5, 3], 1), wave([2, 2, 5, 3], 2)];
    expectClose(attention(q, k, v, options), numbersOf(byFormula(q, k, v, scale)));
  });
});

test("dropout changes the weights", () => {
  tidy(() => {
    const x = wave([1, 1, 8, 4], 0);
    expect(numbersOf(attention(x, x, x, { dropout: 0.5 }))).not.toEqual(numbersOf(attention(x, x, x)));
  });
});
