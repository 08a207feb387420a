/**
 * Resizing to the byte as Pillow does it: a cubic or triangular kernel, widened where the picture shrinks so that nothing is skipped,
 * across and then down, in 22-bit fixed point. Teachers were trained on pictures resized like this; libvips, which decodes ours, differs
 * by 0.2 grey levels where it shrinks and by a shift of up to a pixel where it enlarges.
 */
import { createRequire } from "node:module";
import type { Cut, Interpolation, Size } from "./framing.js";

/** native/pixels/resample.cc: the two passes, each over a whole picture; `out` has the size of what they make. */
interface PixelsAddon {
  resampleAcross(
    data: Uint8Array,
    height: number,
    width: number,
    channels: number,
    first: Int32Array,
    weights: Int32Array,
    count: number,
    out: Uint8Array,
  ): void;
  resampleDown(data: Uint8Array, row: number, first: Int32Array, weights: Int32Array, count: number, out: Uint8Array): void;
}

const addon: PixelsAddon = createRequire(import.meta.url)("../../native/build/pixels.node");

/** Bytes [H, W, C], as decoders give them. */
export interface Packed extends Size {
  readonly data: Uint8Array;
  readonly channels: number;
}

const kernels: Record<Interpolation, { support: number; weight: (x: number) => number }> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => keys(Math.abs(x), -0.5) },
};

/** Keys' cubic. https://doi.org/10.1109/TASSP.1981.1163711 */
function keys(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

const BITS = 22;

/** For each position kept of the result: where its taps begin in the source, and their weights in fixed point. */
interface Taps {
  count: number; // of each position; those beyond its own weigh 0
  first: Int32Array; // [kept]
  weights: Int32Array; // [kept, count]
}

/** The taps of `kept` positions from `begin` on, of `to` that `from` are resized to. */
function tapsOf(from: number, to: number, interpolation: Interpolation, begin: number, kept: number): Taps {
  const { support, weight } = kernels[interpolation];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const count = Math.min(from, Math.ceil(reach) * 2 + 1);
  const taps = { count, first: new Int32Array(kept), weights: new Int32Array(kept * count) };
  for (let i = 0; i < kept; i++) {
    const centre = (begin + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const exact = Array.from({ length: end - first }, (_, k) => weight((first + k - centre + 0.5) / stretch));
    const sum = exact.reduce((total, value) => total + value, 0);
    taps.first[i] = Math.min(first, from - count);
    const skipped = first - taps.first[i];
    exact.forEach((value, k) => {
      taps.weights[i * count + skipped + k] = fixed(value / sum);
    });
  }
  return taps;
}

/** Halves away from zero. */
const fixed = (value: number): number => Math.trunc(value * 2 ** BITS + (value < 0 ? -0.5 : 0.5));

/** The picture, which is the cut's `from` already, resized and cropped. */
export function resample(picture: Packed, { to, keep = { left: 0, top: 0, ...to }, interpolation }: Omit<Cut, "from">): Packed {
  const across = tapsOf(picture.width, to.width, interpolation, keep.left, keep.width);
  const down = tapsOf(picture.height, to.height, interpolation, keep.top, keep.height);
  return resampleDown(resampleAcross(picture, across), down);
}

function resampleAcross({ data, channels, height, width }: Packed, { first, weights, count }: Taps): Packed {
  const out = new Uint8Array(height * first.length * channels);
  addon.resampleAcross(data, height, width, channels, first, weights, count, out);
  return { data: out, channels, height, width: first.length };
}

function resampleDown({ data, channels, width }: Packed, { first, weights, count }: Taps): Packed {
  const out = new Uint8Array(first.length * width * channels);
  addon.resampleDown(data, width * channels, first, weights, count, out);
  return { data: out, channels, height: first.length, width };
}
