/**
 * The convolutional teacher: a small residual network on all of Fashion-MNIST's training split.
 * Command: vit-distill train recipes/fashion-mnist/teacher-conv.ts
 * Result: 95.04 on validation, 93.80 on test (seed 0).
 */

import { convNet, cosine, defineRecipe, none, sgd } from "vit-distill";
import { fashionData, input } from "./data.js";

export const convTeacher = () => convNet({ name: "fashion_conv", widths: [16, 40, 96], blocks: 2, input });

export default defineRecipe(({ smoke }) => ({
  student: convTeacher,
  method: none({ smoothing: 0.05 }),
  data: fashionData({ smoke }),
  epochs: smoke ? 1 : 12,
  optimizer: sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
  schedule: cosine({ warmupEpochs: 1 }),
  evalEvery: 4,
}));
