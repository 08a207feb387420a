/** A picture in as many channels as are asked for. */
import type { ByteImage } from "./image.js";
import { pixels } from "./pixels.js";

/** Grey stands in for every colour, and colours are weighted to grey as PIL does. */
export function inChannels(image: ByteImage, channels: number): ByteImage {
  const { data, width, height, channels: given } = image;
  if (given === channels) return image;
  const area = width * height;
  const out = new Uint8Array(channels * area);
  if (given === 1) for (let channel = 0; channel < channels; channel++) out.set(data, channel * area);
  else pixels.grey(data, out);
  return { data: out, channels, height, width };
}
