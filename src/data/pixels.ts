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
  /** Each byte through its channel's table. */
  lookUp(data: Uint8Array, tables: Uint8Array, out: Uint8Array): void; // [C, H, W], [C, 256]
  count(channel: Uint8Array, counts: Uint32Array): void; // [H, W], [256]
  /** Three channels to their luma, as PIL's "L". */
  grey(data: Uint8Array, out: Uint8Array): void; // [3, H, W] to [H, W]
  /** `from` + factor · (`to` − `from`) in float32, cut off to a byte; a factor above 1 goes beyond `to`. `out` may be `from`. */
  blend(from: Uint8Array, to: Uint8Array, factor: number, out: Uint8Array): void;
  /** (four times each pixel + the 3×3 around it) / 13, rounded; the outermost pixels stay. */
  smooth(data: Uint8Array, height: number, width: number, channels: number, out: Uint8Array): void;
  mirror(data: Uint8Array, width: number, out: Uint8Array): void;
  /** A box of `whole` bytes to both sides, thrice; its bytes weigh `full` and the next ones `part` of 2²⁴. */
  blur(
    data: Uint8Array,
    height: number,
    width: number,
    channels: number,
    whole: number,
    full: number,
    part: number,
    out: Uint8Array,
  ): void;
  /** byte · scale − shift, channel by channel, counted in float64. */
  scale(data: Uint8Array, scale: Float64Array, shift: Float64Array, out: Float32Array): void;
  /** lambda · own + (1 − lambda) · other, and the other way round, in place, counted in float64. */
  mix(own: Float32Array, other: Float32Array, lambda: number): void;
  /** The boxes of two pictures [C, H, W] change places. */
  swapBoxes(
    own: Float32Array,
    other: Float32Array,
    width: number,
    height: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
  ): void;
}

export const pixels: PixelsAddon = createRequire(import.meta.url)("../../native/build/pixels.node");
