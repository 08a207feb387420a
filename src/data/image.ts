/** A picture on its way into a batch, and what may happen to it. */
import type { Rng } from "./rng.js";

export interface Image {
  readonly data: Uint8Array | Float32Array; // [C, H, W]
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What a picture's numbers mean: a pixel p in [0, 1] became (p − mean) / std, channel by channel. */
export interface ColourSpace {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Never writes its input: it returns it as it is, or a picture of its own that stays valid until its next call. */
export interface ImageOp {
  (image: Image, rng: Rng): Image;
  /** Of the pictures that come out; not said by an op that leaves it as it is. */
  readonly space?: ColourSpace;
}

/** An op whose pictures are in this space, as `normalise` says of itself: for ops of your own that make floats. */
export const inSpace = ({ mean, std }: ColourSpace, op: ImageOp): ImageOp =>
  Object.assign((image: Image, rng: Rng) => op(image, rng), op, { space: { mean, std } });
