/**
 * DeiT-Tiny with a distillation token under RegNetY-16GF.
 * Command: vit-distill train recipes/imagenet/hard-token-deit-tiny.ts
 * Result: not run here (DeiT: 74.5).
 */

import { defineRecipe } from "vit-distill";
import { heard } from "./hard-token.js";

export default defineRecipe((options) => heard(options, "deit_tiny_distilled_patch16_224"));
