/** 3-Augment: grey, solarised or blurred, one of the three for every picture. DeiT III, https://arxiv.org/abs/2204.07118 */
import type { ImageOp } from "../data/index.js";
import { drawn } from "./edit.js";
import { greyscale } from "./enhance.js";
import { gaussianBlur } from "./gaussian-blur.js";
import { solarize } from "./look-up.js";

export function threeAugment({ minRadius = 0.1, maxRadius = 2 }: { minRadius?: number; maxRadius?: number } = {}): ImageOp {
  return drawn("threeAugment", { minRadius, maxRadius }, (rng) => {
    const choice = rng.int(3);
    if (choice === 0) return [greyscale];
    if (choice === 1) return [solarize(128)];
    return [gaussianBlur(rng.uniform(minRadius, maxRadius))];
  });
}
