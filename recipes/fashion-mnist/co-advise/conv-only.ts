/**
 * Co-advise with one teacher: the convolutional one, on a plain patch stem.
 * Command: vit-distill train recipes/fashion-mnist/co-advise/conv-only.ts
 * Result: 77.75 ± 0.62 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { advised, teachers } from "./base.js";

export default defineRecipe((options) => advised(options, { conv: teachers.conv }));
