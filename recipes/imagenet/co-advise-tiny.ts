/**
 * The tiny student with two stems under RegNetY-4GF and RedNet-101, by Co-advise.
 * Command: vit-distill train recipes/imagenet/co-advise-tiny.ts
 * Result: not run here (the student costs 2.84 GMAC against DeiT-Tiny's 1.25).
 */

import { defineRecipe } from "vit-distill";
import { advised } from "./co-advise.js";

export default defineRecipe((options) => advised(options, "coadvise_tiny"));
