/** Losses, each a scalar in float32 (float64 stays), also under autocast. */

import { type Tensor, tidy } from "../torch/index.js";

/** Narrow floats are widened: a difference of two bfloat16 values under 1 % is lost. */
export const widened = (x: Tensor): Tensor => (x.dtype === "float16" || x.dtype === "bfloat16" ? x.to({ dtype: "float32" }) : x);

/**
 * Mean over the batch of −Σ t log softmax(logits). Targets are class indices (int64 [B]) or probabilities ([B, C]) as mixup
 * gives; `smoothing` moves that share of each target to the uniform distribution.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, { smoothing = 0 }: { smoothing?: number } = {}): Tensor {
  return tidy(() => widened(logits).crossEntropyLoss(targets, { labelSmoothing: smoothing }));
}

/** What a sum over batch and classes is divided by: the batch, batch × classes (as DeiT's soft loss), or nothing. */
export type KlReduction = "batchmean" | "batchclassmean" | "sum";

export interface KlOptions {
  temperature?: number;
  reduction?: KlReduction;
}

/** T² · KL(teacher ‖ student) of the distributions softened by T. */
export function klDiv(
  studentLogits: Tensor,
  teacherLogits: Tensor,
  { temperature = 1, reduction = "batchmean" }: KlOptions = {},
): Tensor {
  return tidy(() => {
    const [student, teacher] = [studentLogits, teacherLogits].map((logits) => widened(logits).div(temperature).logSoftmax(-1));
    const sum = student.klDiv(teacher, { reduction: SUM, logTarget: true });
    return sum.mul(temperature ** 2 / divisor(studentLogits, reduction));
  });
}

// at::Reduction::Sum
const SUM = 2;

function divisor({ shape }: Tensor, reduction: KlReduction): number {
  const [batch, classes] = [shape[0], shape.at(-1)!];
  return { batchmean: batch, batchclassmean: batch * classes, sum: 1 }[reduction];
}

/** Mean of the squared differences. */
export function mse(a: Tensor, b: Tensor): Tensor {
  return tidy(() => widened(a).mseLoss(widened(b)));
}
