/**
 * The paper's three terms, with the released weights' proportions at the quick start's scale.
 * Command: vit-distill train recipes/fashion-mnist/students/manifold-decoupled.ts
 */

import { defineRecipe, everyLayer, manifold } from "vit-distill";
import quickstart from "../../quickstart.js";

export default defineRecipe((options) => ({
  ...quickstart(options),
  method: manifold({ layers: everyLayer(), alpha: 0.9, temperature: 2 }),
}));
