/** The same seed gives PyTorch's and timm's numbers, in one stream. */

import { expect, test } from "vitest";
import { Conv2d, kaimingNormal_, Linear, lecunNormal_, truncNormal_ } from "../../src/nn/index.js";
import { empty, engineInfo, manualSeed, tidy } from "../../src/torch/index.js";
import { expectClose, golden } from "../support/wave.js";

const expected = golden(import.meta.url).initialisers;

test("every initialiser draws PyTorch's numbers", () => {
  manualSeed(7);
  const tolerance = engineInfo().isa === "portable" ? 2 ** -25 : 0; // without fused multiply-add a uniform number is rounded once more
  tidy(() => {
    const [linear, conv] = [new Linear(4, 3), new Conv2d(4, 2, 3, { groups: 2 })];
    for (const [i, parameter] of linear.parameters().entries()) expectClose(parameter, expected.linear[i], { tolerance });
    for (const [i, parameter] of conv.parameters().entries()) expectClose(parameter, expected.conv2d[i], { tolerance });
    expectClose(truncNormal_(empty([3, 4]), { std: 0.02 }), expected.truncNormal, { tolerance: 1e-7 });
    expectClose(truncNormal_(empty([3, 4])), expected.truncNormalWide, { tolerance: 1e-6 });
    expectClose(lecunNormal_(empty([3, 4])), expected.lecunNormal, { tolerance: 1e-6 });
    expectClose(kaimingNormal_(empty([2, 2, 2, 2])), expected.kaimingNormal, { tolerance: 1e-6 });
  });
});

test("a parameter is initialised in place, without a gradient being recorded", () => {
  using linear = new Linear(2, 2);
  expect(truncNormal_(linear.weight)).toBe(linear.weight);
  expect(linear.weight.requiresGrad).toBe(true);
});
