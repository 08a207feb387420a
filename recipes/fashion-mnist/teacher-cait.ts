/**
 * The transformer teacher: a small CaiT on all of Fashion-MNIST's training split, 16 patches of 7×7.
 * Command: vit-distill train recipes/fashion-mnist/teacher-cait.ts
 */

import { adamW, cait, cosine, defineRecipe, none } from "vit-distill";
import { fashionData, input } from "./data.js";

export const caitTeacher = () =>
  cait({
    name: "fashion_cait",
    imgSize: 28,
    inChannels: 1,
    numClasses: 10,
    patchSize: 7,
    embedDim: 128,
    depth: 6,
    depthTokenOnly: 2,
    heads: 4,
    initScale: 0.1,
    input,
  });

export default defineRecipe(({ smoke }) => ({
  student: caitTeacher,
  method: none({ smoothing: 0.1 }),
  data: fashionData({ erasing: 0.25, smoke }),
  epochs: smoke ? 1 : 60,
  optimizer: adamW({ lr: 1e-3, weightDecay: 0.05 }),
  schedule: cosine({ warmupEpochs: 3, floor: 1e-6 }),
  clip: 1,
  evalEvery: 5,
}));
