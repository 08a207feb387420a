/** One op from several, applied in order. */
import type { ImageOp } from "../data/index.js";

export const compose =
  (ops: readonly ImageOp[]): ImageOp =>
  (image, rng) => {
    for (const op of ops) image = op(image, rng);
    return image;
  };
