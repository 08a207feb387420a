/**
 * DeiT's distillation token: a second token whose head learns the class that the teacher names.
 * Command: vit-distill train recipes/fashion-mnist/students/token.ts
 * Result: not run.
 */

import { defineRecipe, token } from "vit-distill";
import quickstart, { student } from "../../quickstart.js";

export default defineRecipe((options) => ({
  ...quickstart(options),
  student: () => student({ distilled: true }),
  method: token({ alpha: 0.5 }),
}));
