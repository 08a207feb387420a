/**
 * Swin-Tiny under Swin-Small by fine-grained manifold distillation; the first and last four blocks meet stage by stage, on equal grids.
 * Command: vit-distill train recipes/imagenet/manifold-swin-tiny.ts
 * Result: not run here (a MindSpore port: 82.04).
 */

import { defineRecipe } from "vit-distill";
import { teacher } from "./imagenet.js";
import { distilled } from "./manifold.js";

export default defineRecipe((options) =>
  distilled(
    options,
    "swin_tiny_patch4_window7_224",
    teacher("swin_small_patch4_window7_224", "swin_small_patch4_window7_224.pth", options),
  ),
);
