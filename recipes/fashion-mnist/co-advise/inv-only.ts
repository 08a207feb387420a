/**
 * Co-advise with one teacher: the involution one, on a plain patch stem.
 * Command: vit-distill train recipes/fashion-mnist/co-advise/inv-only.ts
 * Result: 78.23 ± 1.00 on test, five seeds (RESULTS.md).
 */

import { defineRecipe } from "vit-distill";
import { advised, teachers } from "./base.js";

export default defineRecipe((options) => advised(options, { inv: teachers.inv }));
