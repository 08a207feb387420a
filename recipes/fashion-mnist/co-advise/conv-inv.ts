/**
 * Co-advise with the paper's two biases, convolution and involution, on a plain patch stem.
 * Command: vit-distill train recipes/fashion-mnist/co-advise/conv-inv.ts
 * Result: 77.74 ± 0.41 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { advised, teachers } from "./base.js";

export default defineRecipe((options) => advised(options, { conv: teachers.conv, inv: teachers.inv }));
