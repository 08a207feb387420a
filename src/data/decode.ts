/**
 * Picture files → pixels. Ordinary JPEG files, which most pictures are, take a short way: libjpeg decodes no more than is asked for, and
 * resizes on the way (native/pixels/jpeg.cc). Everything else, and every JPEG file with anything odd about it, goes to libvips (vips.ts),
 * which says the same to the byte. Whether a file is damaged depends on nothing but the file.
 */
import { DataError } from "./error.js";
import type { Box, Cut, Size } from "./framing.js";
import type { ByteImage, Image } from "./image.js";
import { inChannels } from "./in-channels.js";
import { type JpegHeader, jpegHeader } from "./jpeg-header.js";
import { type Packed, resample, resampleJpeg } from "./resample.js";

/** Pictures beyond are refused before they are decoded: a file of a few kilobytes can ask for gigabytes. */
export const MOST_PIXELS = 100_000_000;

/** What to take of a picture of this size; everything, if not given. */
export type Cutting = (picture: Size) => Cut;

/** Throws a DataError whose message says what is wrong with the file. */
export async function decode(bytes: Uint8Array, { channels, cutting }: { channels: number; cutting?: Cutting }): Promise<Image> {
  const header = wholeJpeg(bytes);
  const image = cutting && header && decodeOrdinary(bytes, header, cutting);
  if (image) return inChannels(image, channels);
  const { decodeAny } = await import("./vips.js"); // not before it is needed: it is large
  return decodeAny(bytes, { channels, cutting });
}

/** What a JPEG file says of itself. Throws where its end is missing. */
export function wholeJpeg(bytes: Uint8Array): JpegHeader | undefined {
  const header = jpegHeader(bytes);
  if (header && !header.isWhole) throw new DataError("ERR_DATA_FORMAT", "it is damaged or cut off");
  return header;
}

/** Undefined when it is for libvips. */
function decodeOrdinary(bytes: Uint8Array, header: JpegHeader, cutting: Cutting): ByteImage | undefined {
  const { width, height, isOrdinary } = header;
  if (!isOrdinary || width * height > MOST_PIXELS) return undefined;
  return resampleJpeg({ data: bytes, ...header }, cutting(header));
}

/** Part of a picture that is pixels already. */
export function cutOut(image: Image, cutting: Cutting): Image {
  const cut = cutting(image);
  return resample(packed(image, cut.from), { ...cut, from: { ...cut.from, left: 0, top: 0 } });
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
