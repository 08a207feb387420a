/**
 * The small student with two stems under RegNetY-4GF and RedNet-101, by Co-advise.
 * Command: vit-distill train recipes/imagenet/co-advise-small.ts
 * Result: not run here (no figure of the paper is at hand).
 */

import { defineRecipe } from "vit-distill";
import { advised } from "./co-advise.js";

export default defineRecipe((options) => advised(options, "coadvise_small"));
