/**
 * Soft distillation under the convolutional teacher: does the more accurate teacher teach better?
 * Command: vit-distill train recipes/fashion-mnist/students/soft-conv.ts
 * Result: 78.08 ± 1.03 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { convTeacher } from "../teacher-conv.js";
import { shipped } from "../weights.js";
import soft from "./soft.js";

export default defineRecipe((options) => ({ ...soft(options), teachers: [() => shipped(convTeacher(), "fashion_conv")] }));
