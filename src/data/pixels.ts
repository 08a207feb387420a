/** The loops over pixels that are written in C++ (native/pixels), in an addon without libtorch, so that data workers may load it. */
import { createRequire } from "node:module";

/** Of both passes: where in the picture the taps of each position begin, their weights and their count. */
type Resample<Answer = void> = (
  data: Uint8Array, // [H, W, C]
  height: number,
  width: number,
  channels: number,
  acrossFirst: Int32Array,
  acrossWeights: Int32Array,
  acrossCount: number,
  downFirst: Int32Array,
  downWeights: Int32Array,
  downCount: number,
  out: Uint8Array, // [C, kept height, kept width]
) => Answer;

/** The callers make the arrays fit. */
interface PixelsAddon {
  resample: Resample;
  /** Of a JPEG file's bytes, which say this size and 1 or 3 channels. False if anything about it is odd, or the addon has no libjpeg. */
  resampleJpeg: Resample<boolean>;
  affine(
    data: Uint8Array, // [C, H, W]
    height: number,
    width: number,
    channels: number,
    matrix: Float64Array, // [6]
    fill: Uint8Array, // [C]
    out: Uint8Array, // [C, H, W]
  ): void;
}

export const pixels: PixelsAddon = createRequire(import.meta.url)("../../native/build/pixels.node");
