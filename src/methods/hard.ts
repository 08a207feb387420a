/** Hard distillation: the teacher's most likely class as a second label. https://arxiv.org/abs/2012.12877 */

import { crossEntropy } from "../nn/index.js";
import { byAlpha, defineMethod, listening, weigh } from "./method.js";

export interface HardOptions {
  /** The teacher's share; the labels have the rest. */
  alpha?: number;
  smoothing?: number;
}

export const hard = ({ alpha = 0.5, smoothing = 0 }: HardOptions = {}) =>
  defineMethod({
    name: "hard",
    options: { alpha, smoothing },
    reads: { labels: alpha !== 1, answers: alpha !== 0 },
    weighedBy: byAlpha(alpha, "hard"),
    loss: ({ student, teacher, targets }) =>
      weigh({
        task: [1 - alpha, () => crossEntropy(student.heads.class, targets, { smoothing })],
        hard: [alpha, () => crossEntropy(listening(student), teacher.logits.argmax({ dim: -1 }))],
      }),
  });
