/**
 * The quick start under a teacher that sees half of the patches, drawn at random: the masked teacher's control.
 * Command: vit-distill train recipes/fashion-mnist/students/manifold-masked-random.ts
 * Result: 84.78 on validation (seed 100); not run on test.
 */

import { defineRecipe } from "vit-distill";
import quickstart from "../../quickstart.js";

export default defineRecipe((options) => ({ ...quickstart(options), maskedTeacher: { keep: 0.5, by: "random" } }));
