/** Gram matrices against PyTorch's normalize and product, in float32 whatever autocast says. */

import { expect, test } from "vitest";
import { crossGram, frobenius, gram, normaliseTokens } from "../../src/nn/index.js";
import { autocast, noGrad, type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, golden, wave } from "../support/wave.js";

const expected = golden(import.meta.url).gram;

function tokensWithAZeroRow(): Tensor {
  const tokens = wave([2, 3, 4], 0.5);
  noGrad(() => tokens.select(0, 0).select(0, 1).zero_());
  return tokens.requiresGrad_();
}

onEachDevice((device) => {
  test("maps and gradients are PyTorch's, a zero token included", () => {
    tidy(() => {
      const tokens = tokensWithAZeroRow();
      const maps = gram(normaliseTokens(tokens));
      maps.mul(wave(maps.shape, 1)).sum().backward();
      expectClose(maps, expected.maps);
      expectClose(tokens.grad!, expected.grad);
    });
  });

  test("autocast changes nothing", () => {
    tidy(() => {
      const maps = autocast({ device }, () => gram(normaliseTokens(tokensWithAZeroRow())));
      expect(maps.dtype).toBe("float32");
      expectClose(maps, expected.maps);
    });
  });

  test("‖A Aᵀ − B Bᵀ‖² comes from products of the width", () => {
    tidy(() => {
      const [a, b] = [normaliseTokens(wave([7, 4], 0)), normaliseTokens(wave([7, 3], 1))];
      const difference = gram(a).sub(gram(b));
      const [aa, ab, bb] = [crossGram(a, a), crossGram(a, b), crossGram(b, b)];
      const short = frobenius(aa, aa).sub(frobenius(ab, ab).mul(2)).add(frobenius(bb, bb));
      expect(ab.shape).toEqual([4, 3]);
      expectClose(short, [frobenius(difference, difference).item()], { tolerance: 1e-5 });
    });
  });
});
