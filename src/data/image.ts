/** A picture on its way into a batch, and what may happen to it. */
import type { Rng } from "./rng.js";

export interface Image {
  readonly data: Uint8Array | Float32Array; // [C, H, W]
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Never writes its input: it returns it as it is, or a picture of its own that stays valid until its next call. */
export type ImageOp = (image: Image, rng: Rng) => Image;
