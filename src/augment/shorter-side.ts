/** The whole picture with its shorter side resized, the shape kept: what `randomCrop` cuts from. */
import type { Interpolation } from "../data/index.js";
import { withShorterSide } from "./centre-crop.js";
import { framed } from "./framed.js";

export interface ShorterSideOptions {
  size: number;
  interpolation?: Interpolation;
}

export function shorterSide(options: ShorterSideOptions) {
  const { size, interpolation = "bicubic" } = options;
  return framed("shorterSide", options, (picture) => ({
    from: { left: 0, top: 0, ...picture },
    to: withShorterSide(picture, size),
    interpolation,
  }));
}
