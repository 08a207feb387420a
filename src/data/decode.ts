/**
 * Picture files → pixels, by libvips (https://sharp.pixelplumbing.com). The rules, so that every model sees what it expects:
 * turned as EXIF says; colour profiles, CMYK, 16 bits and palettes become 8-bit sRGB; transparent pixels lie on white; grey is repeated
 * in three channels, and colour is weighted to grey (Rec. 709 luminance) where one is asked for; of an animation the first frame.
 */
import sharp, { type KernelEnum, type OutputInfo, type Sharp } from "sharp";
import type { Cut, Interpolation, Size } from "./framing.js";
import type { Image } from "./image.js";

/** Pictures beyond are refused before they are decoded: a file of a few kilobytes can ask for gigabytes. */
export const MOST_PIXELS = 100_000_000;

/** What to take of a picture of this size; everything, if not given. */
export type Cutting = (picture: Size) => Cut;

const FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "heif"];

const kernels: Record<Interpolation, keyof KernelEnum> = { bicubic: "cubic", bilinear: "linear" };

sharp.cache(false);
sharp.concurrency(1); // pictures run side by side, so threads within one only cost

/** Throws an Error whose message says what is wrong with the file. */
export async function decode(bytes: Uint8Array, { channels, cutting }: { channels: number; cutting?: Cutting }): Promise<Image> {
  if (bytes.length === 0) throw new Error("it is empty");
  try {
    const source = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: "error", sequentialRead: true });
    const { format, width, height, autoOrient } = await source.metadata();
    if (!FORMATS.includes(format)) throw new Error(`it is ${format}, and only ${FORMATS.join(", ")} are read`);
    if (width * height > MOST_PIXELS) throw new Error(`it has ${width}×${height} pixels, more than ${MOST_PIXELS / 1e6} million`);
    return await pixelsOf(source.autoOrient(), { channels, cut: cutting?.(autoOrient) });
  } catch (error) {
    throw new Error(reasonOf(error as Error), { cause: error });
  }
}

/** Part of a picture that is pixels already. */
export function cutOut({ data, channels, height, width }: Image, cutting: Cutting): Promise<Image> {
  const area = width * height;
  const packed = new Uint8Array(data.length); // [H, W, C]
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) packed[i * channels + channel] = data[channel * area + i];
  }
  const source = sharp(packed, { raw: { width, height, channels: channels as 1 | 3 } });
  return pixelsOf(source, { channels, cut: cutting({ width, height }) });
}

async function pixelsOf(upright: Sharp, { channels, cut }: { channels: number; cut?: Cut }): Promise<Image> {
  const { data, info } = await (cut ? cropped(upright, cut) : upright)
    .flatten({ background: "#ffffff" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return planar(data, info, channels);
}

function cropped(picture: Sharp, { from, to, keep, interpolation }: Cut): Sharp {
  const { width, height } = to;
  const resized = picture.extract(from).resize({ width, height, fit: "fill", kernel: kernels[interpolation] });
  return keep ? resized.extract(keep) : resized;
}

/** [H, W, C] with one to four channels → [C, H, W] with those asked for. */
function planar(data: Uint8Array, { width, height, channels: given }: OutputInfo, channels: number): Image {
  const area = width * height;
  const out = new Uint8Array(channels * area);
  for (let channel = 0; channel < channels; channel++) {
    const from = given >= 3 ? channel : 0; // grey stands in for every colour
    for (let i = 0, at = from; i < area; i++, at += given) out[channel * area + i] = data[at];
  }
  return { data: out, channels, height, width };
}

/** libvips tells the same thing in several lines: the first is enough. */
function reasonOf({ message }: Error): string {
  const [first] = message.split("\n");
  if (/unsupported image format/i.test(first)) return "it is not a picture that can be read";
  if (/pixel limit/i.test(first)) return `it has more than ${MOST_PIXELS / 1e6} million pixels`;
  return first.replace(/^Input buffer (has corrupt header: )?/, "").trim();
}
