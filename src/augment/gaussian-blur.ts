/** A Gaussian blur from three box blurs of one, fractional, width, as Pillow makes it. https://www.mia.uni-saarland.de/Publications/gwosdek-ssvm11.pdf */
import type { Edit } from "./edit.js";

const PASSES = 3;
const ONE = 2 ** 24; // fixed point

/** `radius` is the standard deviation in pixels. */
export const gaussianBlur = (radius: number): Edit => {
  const box = boxRadius(radius);
  return ({ data, height, width }, out) => {
    out.set(data);
    if (box === 0) return;
    for (let top = 0; top < data.length; top += height * width) {
      for (let y = 0; y < height; y++) blurLine(out, top + y * width, 1, width, box);
      for (let x = 0; x < width; x++) blurLine(out, top + x, width, height, box);
    }
  };
};

/** The width of the box of which three have the Gaussian's variance. */
function boxRadius(radius: number): number {
  const variance = (radius * radius) / PASSES;
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
  const edge = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  return whole + edge / (6 * (variance - (whole + 1) ** 2));
}

/** All passes over one line of `length` bytes that lie `step` apart; its ends go on for ever. */
function blurLine(data: Uint8Array, start: number, step: number, length: number, radius: number): void {
  const whole = Math.floor(radius);
  const full = Math.floor(ONE / (radius * 2 + 1));
  const part = Math.floor((ONE - (whole * 2 + 1) * full) / 2); // of the two bytes at the box's edges
  const line = new Uint8Array(length);
  const at = (i: number): number => line[Math.min(Math.max(i, 0), length - 1)];
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < length; i++) line[i] = data[start + i * step];
    let sum = 0;
    for (let i = -whole; i <= whole; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      const edges = at(i - whole - 1) + at(i + whole + 1);
      data[start + i * step] = Math.floor((sum * full + edges * part + ONE / 2) / ONE);
      sum += at(i + whole + 1) - at(i - whole);
    }
  }
}
