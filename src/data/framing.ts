/** Which part of a picture a model gets to see, decided from the picture's size before it is decoded, and cut out while it is. */
import type { Rng } from "./rng.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** The box `from` of the upright picture, resized to `to`; of that the box `keep`, if it is said. Whole pixels. */
export interface Cut {
  readonly from: Box;
  readonly to: Size;
  readonly keep?: Box;
  readonly interpolation: Interpolation;
}

export type Interpolation = "bicubic" | "bilinear";

export type Framing = (picture: Size, rng: Rng) => Cut;
