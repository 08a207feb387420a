/** Mirrors the picture left to right, half of the time unless told otherwise. */
import { type Image, type ImageOp, imageOp } from "../data/index.js";
import { pixels } from "../data/pixels.js";
import { Scratch } from "./scratch.js";

export function flip({ probability = 0.5 }: { probability?: number } = {}): ImageOp {
  const scratch = new Scratch();
  return imageOp("flip", { probability }, (image, rng) => {
    if (!rng.chance(probability)) return image;
    const out = scratch.like(image);
    if (image.data instanceof Uint8Array) pixels.mirror(image.data, image.width, out.data as Uint8Array);
    else mirror(image, out);
    return out;
  });
}

function mirror({ data, width }: Image, out: Image): void {
  out.data.set(data);
  for (let row = 0; row < data.length; row += width) out.data.subarray(row, row + width).reverse();
}
