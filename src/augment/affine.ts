/** Affine edits with bicubic sampling, as Pillow's Image.transform: what lies outside takes the fill colour. */
import type { Edit } from "./edit.js";

/** Where an output pixel (x, y) is taken from: (a·x + b·y + c, d·x + e·y + f). */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A byte for each channel. */
export type Fill = readonly number[];

export const shearX = (by: number, fill: Fill): Edit => affine([1, by, 0, 0, 1, 0], fill);
export const shearY = (by: number, fill: Fill): Edit => affine([1, 0, 0, by, 1, 0], fill);

/** `by` is a share of the width. */
export const translateX =
  (by: number, fill: Fill): Edit =>
  (image, out) =>
    affine([1, 0, by * image.width, 0, 1, 0], fill)(image, out);

/** `by` is a share of the height. */
export const translateY =
  (by: number, fill: Fill): Edit =>
  (image, out) =>
    affine([1, 0, 0, 0, 1, by * image.height], fill)(image, out);

/** Around the centre, counter-clockwise. */
export const rotate =
  (degrees: number, fill: Fill): Edit =>
  (image, out) => {
    const angle = (-degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = [image.width / 2, image.height / 2];
    affine([cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y], fill)(image, out);
  };

export function affine([a, b, c, d, e, f]: Matrix, fill: Fill): Edit {
  return ({ data, channels, height, width }, out) => {
    const area = height * width;
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const u = a * (x + 0.5) + b * (y + 0.5) + c;
        const v = d * (x + 0.5) + e * (y + 0.5) + f;
        const inside = u >= 0 && u < width && v >= 0 && v < height;
        if (inside) aim(u - 0.5, v - 0.5, width, height);
        for (let channel = 0; channel < channels; channel++)
          out[channel * area + at] = inside ? sample(data, channel * area) : fill[channel];
      }
    }
  };
}

// The sixteen neighbours of the position aimed at: offsets in a channel, and the position's parts behind the whole pixel.
const columns = new Int32Array(4);
const rows = new Int32Array(4);
let right = 0;
let down = 0;

function aim(u: number, v: number, width: number, height: number): void {
  const [x, y] = [Math.floor(u), Math.floor(v)];
  right = u - x;
  down = v - y;
  for (let i = 0; i < 4; i++) {
    columns[i] = Math.min(Math.max(x - 1 + i, 0), width - 1);
    rows[i] = Math.min(Math.max(y - 1 + i, 0), height - 1) * width;
  }
}

function sample(data: Uint8Array, start: number): number {
  if (right === 0 && down === 0) return data[start + rows[1] + columns[1]];
  const value =
    down === 0
      ? across(data, start + rows[1])
      : cubic(
          across(data, start + rows[0]),
          across(data, start + rows[1]),
          across(data, start + rows[2]),
          across(data, start + rows[3]),
          down,
        );
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

const across = (data: Uint8Array, row: number): number =>
  cubic(data[row + columns[0]], data[row + columns[1]], data[row + columns[2]], data[row + columns[3]], right);

/** Keys' cubic with a = −1, which Pillow transforms with (it resizes with −0.5). */
function cubic(p: number, q: number, r: number, s: number, t: number): number {
  return q + t * (r - p + t * (2 * (p - q) + r - s + t * (q - p + s - r)));
}
