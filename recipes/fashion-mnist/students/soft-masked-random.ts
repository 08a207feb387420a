/**
 * Soft distillation under a teacher that sees half of the patches, drawn at random: the masked teacher's control.
 * Command: vit-distill train recipes/fashion-mnist/students/soft-masked-random.ts
 * Result: 75.48 on validation (seed 100); not run on test.
 */

import { defineRecipe } from "vit-distill";
import soft from "./soft.js";

export default defineRecipe((options) => ({ ...soft(options), maskedTeacher: { keep: 0.5, by: "random" } }));
