/**
 * DeiT-Small with a distillation token under RegNetY-16GF.
 * Command: vit-distill train recipes/imagenet/hard-token-deit-small.ts
 * Result: not run here (DeiT: 81.2).
 */

import { defineRecipe } from "vit-distill";
import { heard } from "./hard-token.js";

export default defineRecipe((options) => heard(options, "deit_small_distilled_patch16_224"));
