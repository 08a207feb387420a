/**
 * DeiT-Small under CaiT-S24 by fine-grained manifold distillation.
 * Command: vit-distill train recipes/imagenet/manifold-deit-small.ts
 * Result: not run here (no figure of the paper is at hand).
 */

import { defineRecipe } from "vit-distill";
import { teacher } from "./imagenet.js";
import { distilled } from "./manifold.js";

export default defineRecipe((options) =>
  distilled(options, "deit_small_patch16_224", teacher("cait_s24_224", "S24_224.pth", options)),
);
