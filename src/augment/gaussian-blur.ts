/** A Gaussian blur from three box blurs of one, fractional, width, as Pillow makes it. https://www.mia.uni-saarland.de/Publications/gwosdek-ssvm11.pdf */
import { pixels } from "../data/pixels.js";
import type { Edit } from "./edit.js";

const PASSES = 3;
const ONE = 2 ** 24; // fixed point

/** `radius` is the standard deviation in pixels. */
export const gaussianBlur = (radius: number): Edit => {
  const box = boxRadius(radius);
  const whole = Math.floor(box);
  const full = Math.floor(ONE / (box * 2 + 1));
  const part = Math.floor((ONE - (whole * 2 + 1) * full) / 2); // of the two bytes at the box's edges
  return ({ data, channels, height, width }, out) => {
    if (box === 0) out.set(data);
    else pixels.blur(data, height, width, channels, whole, full, part, out);
  };
};

/** The width of the box of which three have the Gaussian's variance. */
function boxRadius(radius: number): number {
  const variance = (radius * radius) / PASSES;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const edge = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  return whole + edge / (6 * (variance - (whole + 1) ** 2));
}
