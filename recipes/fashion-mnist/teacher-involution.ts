/**
 * The involution teacher: a small RedNet on all of Fashion-MNIST's training split.
 * Command: vit-distill train recipes/fashion-mnist/teacher-involution.ts
 * Result: 92.96 on validation, 91.82 on test (seed 0).
 */

import { cosine, defineRecipe, none, rednet, sgd } from "vit-distill";
import { fashionData, input } from "./data.js";

export const involutionTeacher = () =>
  rednet({
    name: "fashion_involution",
    imgSize: 28,
    inChannels: 1,
    numClasses: 10,
    blocks: [2, 2],
    widths: [128, 256],
    kernel: 5,
    stemWidth: 64,
    stemStride: 2,
    pool: false,
    input,
  });

export default defineRecipe(({ smoke }) => ({
  student: involutionTeacher,
  method: none({ smoothing: 0.05 }),
  data: fashionData({ smoke }),
  epochs: smoke ? 1 : 8,
  optimizer: sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
  schedule: cosine({ warmupEpochs: 1 }),
  clip: 5,
  evalEvery: 2,
}));
