/**
 * Soft distillation and one term of the three, "random", alone.
 * Command: vit-distill train recipes/fashion-mnist/students/random.ts
 * Result: 85.45 ± 0.31 on test, five seeds (RESULTS.md).
 */

import { defineRecipe, everyLayer, manifold } from "vit-distill";
import quickstart from "../../quickstart.js";

export default defineRecipe((options) => ({
  ...quickstart(options),
  method: manifold({ layers: everyLayer(), weights: { intra: 0, inter: 0, random: 205 } }),
}));
