/**
 * Co-advise with two teachers of one bias, on a plain patch stem: does it matter that they differ?
 * Command: vit-distill train recipes/fashion-mnist/co-advise/two-conv.ts
 * Result: 77.45 ± 0.54 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { advised, teachers } from "./base.js";

export default defineRecipe((options) => advised(options, { conv: teachers.conv, other: teachers.convB }));
