/** Affine edits with bicubic sampling, as Pillow's Image.transform: what lies outside takes the fill colour. */
import { pixels } from "../data/pixels.js";
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

export const affine =
  (matrix: Matrix, fill: Fill): Edit =>
  ({ data, channels, height, width }, out) =>
    pixels.affine(
      data,
      height,
      width,
      channels,
      Float64Array.from(matrix),
      Uint8Array.from({ length: channels }, (_, channel) => fill[channel]),
      out,
    );
