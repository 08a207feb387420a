/**
 * Soft distillation with stochastic depth 0.1: the baseline that drop-path 0 alone is measured against.
 * Command: vit-distill train recipes/fashion-mnist/students/soft-drop-path.ts
 * Result: 78.46 ± 0.93 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { student } from "../../quickstart.js";
import soft from "./soft.js";

export default defineRecipe((options) => ({ ...soft(options), student: () => student({ dropPath: 0.1 }) }));
