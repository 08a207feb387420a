/** Mirrors the picture left to right, half of the time unless told otherwise. */
import { type ImageOp, imageOp } from "../data/index.js";
import { Scratch } from "./scratch.js";

export function flip({ probability = 0.5 }: { probability?: number } = {}): ImageOp {
  const scratch = new Scratch();
  return imageOp("flip", { probability }, (image, rng) => {
    if (!rng.chance(probability)) return image;
    const out = scratch.like(image);
    const { width } = image;
    out.data.set(image.data);
    for (let row = 0; row < out.data.length; row += width) out.data.subarray(row, row + width).reverse();
    return out;
  });
}
