/**
 * The quick start under a masked teacher: it sees the half of the patches that the student attends to, and those are compared.
 * Command: vit-distill train recipes/fashion-mnist/students/manifold-masked.ts
 * Result: not run.
 */

import { defineRecipe } from "vit-distill";
import quickstart from "../../quickstart.js";

export default defineRecipe((options) => ({ ...quickstart(options), maskedTeacher: { keep: 0.5 } }));
