/**
 * Picture files → pixels, by libvips (https://sharp.pixelplumbing.com). The rules, so that every model sees what it expects:
 * turned as EXIF says; CMYK, 16 bits and palettes become 8-bit RGB; the colour profile of an RGB picture is left aside, as PIL does, on
 * whose pictures teachers were trained; transparent pixels lie on white; grey is repeated in three channels, and colour is weighted
 * to grey (Rec. 709 luminance) where one is asked for; of an animation the first frame.
 */
import sharp, { type Sharp } from "sharp";
import type { Box, Cut, Size } from "./framing.js";
import type { Image } from "./image.js";
import { type Packed, resample } from "./resample.js";

/** Pictures beyond are refused before they are decoded: a file of a few kilobytes can ask for gigabytes. */
export const MOST_PIXELS = 100_000_000;

/** What to take of a picture of this size; everything, if not given. */
export type Cutting = (picture: Size) => Cut;

const FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "heif"];

sharp.cache(false);
sharp.concurrency(1); // pictures run side by side, so threads within one only cost

/** Throws an Error whose message says what is wrong with the file. */
export async function decode(bytes: Uint8Array, { channels, cutting }: { channels: number; cutting?: Cutting }): Promise<Image> {
  if (bytes.length === 0) throw new Error("it is empty");
  try {
    const settings = { limitInputPixels: MOST_PIXELS, failOn: "error", sequentialRead: true } as const;
    const { format, width, height, autoOrient, space } = await sharp(bytes, settings).metadata();
    if (!FORMATS.includes(format)) throw new Error(`it is ${format}, and only ${FORMATS.join(", ")} are read`);
    if (width * height > MOST_PIXELS) throw new Error(`it has ${width}×${height} pixels, more than ${MOST_PIXELS / 1e6} million`);
    const source = sharp(bytes, { ...settings, ignoreIcc: space !== "cmyk" });
    return await pixelsOf(source.autoOrient(), { channels, cut: cutting?.(autoOrient) });
  } catch (error) {
    throw new Error(reasonOf(error as Error), { cause: error });
  }
}

/** Part of a picture that is pixels already. */
export function cutOut(image: Image, cutting: Cutting): Image {
  const cut = cutting(image);
  return planar(resample(packed(image, cut.from), cut), image.channels);
}

/** A box of [C, H, W] → [H, W, C]. */
function packed({ data, channels, height, width }: Image, box: Box): Packed {
  const out = new Uint8Array(box.height * box.width * channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0, at = channel; y < box.height; y++) {
      const row = (channel * height + box.top + y) * width + box.left;
      for (let x = 0; x < box.width; x++, at += channels) out[at] = data[row + x];
    }
  }
  return { data: out, channels, height: box.height, width: box.width };
}

async function pixelsOf(upright: Sharp, { channels, cut }: { channels: number; cut?: Cut }): Promise<Image> {
  const { data, info } = await (cut ? upright.extract(cut.from) : upright)
    .flatten({ background: "#ffffff" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const part = { data, width: info.width, height: info.height, channels: info.channels };
  return planar(cut ? resample(part, cut) : part, channels);
}

/** [H, W, C] with one to four channels → [C, H, W] with those asked for. */
function planar({ data, width, height, channels: given }: Packed, channels: number): Image {
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
