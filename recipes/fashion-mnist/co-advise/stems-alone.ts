/**
 * The student with both stems and no teacher: what the stems are worth by themselves.
 * Command: vit-distill train recipes/fashion-mnist/co-advise/stems-alone.ts
 * Result: not run.
 */

import { defineRecipe } from "vit-distill";
import alone from "../students/alone.js";
import { student } from "./base.js";

export default defineRecipe((options) => ({ ...alone(options), student: () => student({ tokens: [], stem: "conv+inv" }) }));
