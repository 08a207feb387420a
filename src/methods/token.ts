/** DeiT's distillation token: a second token with a head of its own listens to the teacher. https://arxiv.org/abs/2012.12877 */

import { crossEntropy, klDiv } from "../nn/index.js";
import { UserError } from "../user-error.js";
import { byAlpha, defineMethod, type LossInput, weigh } from "./method.js";

export interface TokenOptions {
  /** `hard`: cross entropy to the teacher's class; `soft`: KL at a temperature. */
  kind?: "hard" | "soft";
  /** The teacher's share; the class token has the rest. */
  alpha?: number;
  /** Of the soft kind. */
  temperature?: number;
  smoothing?: number;
}

export function token({ kind = "hard", alpha = 0.5, temperature = 3, smoothing = 0 }: TokenOptions = {}) {
  const listen = {
    hard: ({ student, teacher }: LossInput) => crossEntropy(student.heads.distillation, teacher.logits.argmax({ dim: -1 })),
    // DeiT divides by batch × classes here, not by the batch
    soft: ({ student, teacher }: LossInput) =>
      klDiv(student.heads.distillation, teacher.logits, { temperature, reduction: "batchclassmean" }),
  }[kind];
  return defineMethod({
    name: "token",
    options: { kind, alpha, temperature, smoothing },
    reads: { labels: alpha !== 1, answers: alpha !== 0 },
    weighedBy: byAlpha(alpha, kind),
    check({ student }) {
      if (student.heads.includes("distillation")) return;
      throw new UserError("ERR_TEACHERS", `${student.name} has no distillation token, which the method token teaches`, {
        remedy:
          "Take a distilled model (deit_tiny_distilled_patch16_224, or vit({ distilled: true, … })), or the method soft or hard.",
      });
    },
    loss: (input) =>
      weigh({
        task: [1 - alpha, () => crossEntropy(input.student.heads.class, input.targets, { smoothing })],
        [kind]: [alpha, () => listen(input)],
      }),
  });
}
