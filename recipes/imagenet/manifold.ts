/** What the manifold paper's recipes share: the settings of the released code. https://arxiv.org/abs/2107.01378 */

import { adamW, deitEpochCosine, firstAndLast, type Model, manifold, type Recipe, type RecipeOptions } from "vit-distill";
import { imagenet, student } from "./imagenet.js";

/** 300 epochs of 512 pictures a step: divided by `accumulate`, gathered where pictures are compared, so that the loss is that of 512. */
export const distilled = (recipe: RecipeOptions, studentName: string, teacher: () => Model): Recipe => ({
  student: student(studentName, recipe, { dropPath: 0 }),
  teachers: [teacher],
  method: manifold({
    layers: firstAndLast(4),
    weights: { intra: 4, inter: 0.1, random: 0.2 },
    samples: 192,
    alpha: 1,
    logits: "soft",
    temperature: 1,
  }),
  data: imagenet(recipe, { studentName, batchSize: 512, repeats: 3 }),
  accumulate: recipe.smoke ? 1 : { steps: 8, gather: true },
  epochs: recipe.smoke ? 1 : 300,
  optimizer: adamW({ lr: 5e-4, weightDecay: 0.05 }),
  schedule: deitEpochCosine({ warmupEpochs: 5, warmupLr: 1e-6, floor: 1e-5 }),
  ema: 0.99996,
});
