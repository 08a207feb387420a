/**
 * The quick start's student and teacher, with the method of hint.ts in place of manifold.
 * Command: npx vit-distill train examples/hint-recipe.ts --smoke
 */

import { cosine, defineRecipe, everyLayer } from "vit-distill";
import quickstart from "../recipes/quickstart.js";
import { hint } from "./hint.js";

export default defineRecipe((options) => ({
  ...quickstart(options),
  method: hint({ layers: everyLayer(), weight: 0.1, alpha: 0.9, temperature: 2 }),
  steps: options.smoke ? 4 : 100,
  schedule: cosine({ warmupEpochs: 1 }),
}));
