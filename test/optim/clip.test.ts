/** Clipping against torch.nn.utils.clip_grad_norm_. */

import { expect, test } from "vitest";
import { clipGradNorm_, gradNorm } from "../../src/optim/index.js";
import { Parameter, tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, golden, wave } from "../support/wave.js";

const expected = golden(import.meta.url);

function withGradients(): Parameter[] {
  return [[2, 3], [4]].map((shape, phase) => {
    const parameter = new Parameter(wave(shape, 0));
    parameter.grad = wave(shape, phase);
    return parameter;
  });
}

onEachDevice(() => {
  test.each([
    ["clip", 0.5],
    ["clipNothing", 100],
  ])("%s", (name, maxNorm) => {
    tidy(() => {
      const parameters = withGradients();
      expect(gradNorm(parameters)).toBeCloseTo(expected[name].norm, 6);
      expect(clipGradNorm_(parameters, maxNorm)).toBeCloseTo(expected[name].norm, 6);
      for (const [i, parameter] of parameters.entries())
        expectClose(parameter.grad!, expected[name].grads[i], { tolerance: 2e-7 });
    });
  });

  test("parameters without a gradient count nothing; a norm that is no number spreads, as in PyTorch", () => {
    tidy(() => {
      const [first, second] = withGradients();
      second.grad = null;
      expect(clipGradNorm_([second], 1)).toBe(0);
      second.grad = tensor([Number.NaN, 0, 0, 0]);
      expect(clipGradNorm_([first, second], 1)).toBeNaN();
      expect((first.grad!.toArray() as number[][]).flat().every(Number.isNaN)).toBe(true);
    });
  });
});
