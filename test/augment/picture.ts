import type { Image } from "../../src/data/index.js";

/** Pixels 1, 2, 3 … */
export function bytes(channels: number, height: number, width: number): Image {
  return { data: Uint8Array.from({ length: channels * height * width }, (_, i) => i + 1), channels, height, width };
}

export function floats(channels: number, height: number, width: number, value = 7): Image {
  return { data: new Float32Array(channels * height * width).fill(value), channels, height, width };
}

export const rows = ({ data, width }: Image): number[][] =>
  Array.from({ length: data.length / width }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
