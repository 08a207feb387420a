/** What the Co-advise recipes share: the released settings, and the paper's two teachers. https://arxiv.org/abs/2106.12378 */

import { adamW, coAdvise, cosine, type Recipe, type RecipeOptions } from "vit-distill";
import { imagenet, student, teacher } from "./imagenet.js";

/** 300 epochs of 1,024 pictures a step, in float32; every term is alive in each of the parts that `accumulate` makes. */
export const advised = (recipe: RecipeOptions, studentName: string): Recipe => ({
  student: student(studentName, recipe, { dropPath: 0 }),
  teachers: [teacher("regnety_040", "regnety_040.pth", recipe), teacher("rednet101", "rednet101.pth", recipe)],
  method: coAdvise({
    teachers: [
      { token: "conv", temperature: 1, weight: 1 },
      { token: "inv", temperature: 1, weight: 1 },
    ],
  }),
  data: imagenet(recipe, { studentName, batchSize: 1024 }),
  accumulate: recipe.smoke ? 1 : 16,
  epochs: recipe.smoke ? 1 : 300,
  optimizer: adamW({ lr: 1e-3, weightDecay: 0.05 }),
  schedule: cosine({ warmupEpochs: 20, warmupLr: 1e-6, floor: 1e-5 }),
  clip: 15,
  precision: "float32",
});
