/** No teacher: cross entropy alone, the baseline of every result. */

import { crossEntropy } from "../nn/index.js";
import { defineMethod } from "./method.js";

export interface NoneOptions {
  /** Label smoothing, where the targets are class numbers (mixed targets carry their own). */
  smoothing?: number;
}

export const none = ({ smoothing = 0 }: NoneOptions = {}) =>
  defineMethod({
    name: "none",
    options: { smoothing },
    teachers: [0, 0],
    reads: { answers: false },
    loss: ({ student, targets }) => ({ task: crossEntropy(student.heads.class, targets, { smoothing }) }),
  });
