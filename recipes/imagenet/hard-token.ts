/** DeiT's own distillation, the baseline of both papers: a token that learns the class that RegNetY-16GF names. https://arxiv.org/abs/2012.12877 */

import { adamW, deitEpochCosine, type Recipe, type RecipeOptions, token } from "vit-distill";
import { imagenet, student, teacher } from "./imagenet.js";

/** 300 epochs of 1,024 pictures a step. */
export const heard = (recipe: RecipeOptions, studentName: string): Recipe => ({
  student: student(studentName, recipe, { dropPath: 0.1 }),
  teachers: [teacher("regnety_160", "regnety_160.pth", recipe)],
  method: token({ kind: "hard", alpha: 0.5 }),
  data: imagenet(recipe, { studentName, batchSize: 1024, repeats: 3 }),
  accumulate: recipe.smoke ? 1 : 16,
  epochs: recipe.smoke ? 1 : 300,
  optimizer: adamW({ lr: 1e-3, weightDecay: 0.05 }),
  schedule: deitEpochCosine({ warmupEpochs: 5, warmupLr: 1e-6, floor: 1e-5 }),
  ema: 0.99996,
});
