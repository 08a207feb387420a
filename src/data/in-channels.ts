/** A picture in as many channels as are asked for. */
import type { Image } from "./image.js";

/** Grey stands in for every colour, and colours are weighted to grey. */
export function inChannels(image: Image, channels: number): Image {
  const { data, width, height, channels: given } = image;
  if (given === channels) return image;
  const area = width * height;
  const out = new Uint8Array(channels * area);
  if (given === 1) for (let channel = 0; channel < channels; channel++) out.set(data, channel * area);
  else for (let i = 0; i < area; i++) out[i] = greyOf(data[i], data[area + i], data[2 * area + i]);
  return { data: out, channels, height, width };
}

/** PIL's, in its 16-bit fixed point. */
const greyOf = (red: number, green: number, blue: number): number => (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
