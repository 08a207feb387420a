/**
 * Co-advise whole: both teachers, and stems of the teachers' own kinds.
 * Command: vit-distill train recipes/fashion-mnist/co-advise/stems.ts
 * Result: not run.
 */

import { defineRecipe } from "vit-distill";
import { advised, teachers } from "./base.js";

export default defineRecipe((options) => advised(options, { conv: teachers.conv, inv: teachers.inv }, { stem: "conv+inv" }));
