/** Soft distillation: the student's distribution drawn to the teacher's at a temperature. https://arxiv.org/abs/1503.02531 */

import { crossEntropy, klDiv } from "../nn/index.js";
import { byAlpha, defineMethod, listening, weigh } from "./method.js";

export interface SoftOptions {
  /** The teacher's share; the labels have the rest. At 1 the labels are not used. */
  alpha?: number;
  temperature?: number;
  smoothing?: number;
}

export const soft = ({ alpha = 0.5, temperature = 1, smoothing = 0 }: SoftOptions = {}) =>
  defineMethod({
    name: "soft",
    options: { alpha, temperature, smoothing },
    reads: { labels: alpha !== 1, answers: alpha !== 0 },
    weighedBy: byAlpha(alpha, "soft"),
    loss: ({ student, teacher, targets }) =>
      weigh({
        task: [1 - alpha, () => crossEntropy(student.heads.class, targets, { smoothing })],
        soft: [alpha, () => klDiv(listening(student), teacher.logits, { temperature })], // batchmean, times T²
      }),
  });
