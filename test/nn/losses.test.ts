/** Values and gradients of the losses against PyTorch's formulas, and their dtype under autocast. */

import { describe, expect, test } from "vitest";
import { crossEntropy, klDiv, mse } from "../../src/nn/index.js";
import { type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { expectClose, golden, wave } from "../support/wave.js";

const expected = golden(import.meta.url).losses;
const hard = () => tensor([1n, 4n, 0n]);
const soft = () => wave([3, 5], 2).softmax(-1);
const teacher = () => wave([3, 5], 1.5).mul(3);

const cases: Record<string, (logits: Tensor) => Tensor> = {
  hard: (logits) => crossEntropy(logits, hard()),
  smoothed: (logits) => crossEntropy(logits, hard(), { smoothing: 0.1 }),
  soft: (logits) => crossEntropy(logits, soft()),
  batchmean: (logits) => klDiv(logits, teacher(), { temperature: 2 }),
  batchclassmean: (logits) => klDiv(logits, teacher(), { temperature: 2, reduction: "batchclassmean" }),
  sum: (logits) => klDiv(logits, teacher(), { temperature: 2, reduction: "sum" }),
  mse: (logits) => mse(logits, soft()),
};

onEachDevice(() => {
  describe.each(Object.entries(cases))("%s", (name, run) => {
    test("value and gradient are PyTorch's", () => {
      tidy(() => {
        const logits = wave([3, 5], 0.5).mul_(3).requiresGrad_();
        const loss = run(logits);
        loss.backward();
        expectClose(loss, [expected[name].value]);
        expectClose(logits.grad!, expected[name].grad);
      });
    });

    test("bfloat16 logits give a float32 loss", () => {
      const dtype = tidy(() => run(wave([3, 5], 0.5).to({ dtype: "bfloat16" })).dtype);
      expect(dtype).toBe("float32");
    });
  });

  test("the divergence from itself is zero at any temperature", () => {
    const itself = tidy(() => klDiv(teacher(), teacher(), { temperature: 4 }).item());
    expect(itself).toBe(0);
  });
});
