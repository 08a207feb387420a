/**
 * Picture files of any kind → pixels, by libvips (https://sharp.pixelplumbing.com). The rules, so that every model sees what it expects:
 * turned as EXIF says; CMYK, 16 bits and palettes become 8-bit RGB; the colour profile of an RGB picture is left aside, as PIL does, on
 * whose pictures teachers were trained; transparent pixels lie on white; grey is repeated in three channels, and colour is weighted
 * to grey as PIL's "L" (0.299, 0.587, 0.114) where one is asked for; of an animation the first frame.
 */
import sharp, { type Metadata, type Sharp } from "sharp";
import { type Cutting, MOST_PIXELS, wholeJpeg } from "./decode.js";
import { DataError } from "./error.js";
import type { Cut, Size } from "./framing.js";
import type { ByteImage, Image } from "./image.js";
import { inChannels } from "./in-channels.js";
import { type Packed, resample } from "./resample.js";

const FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "heif"];

sharp.cache(false);
sharp.concurrency(1); // pictures run side by side, so threads within one only cost

const settings = { limitInputPixels: MOST_PIXELS, failOn: "error", sequentialRead: true } as const;

/** Throws a DataError whose message says what is wrong with the file. */
export async function decodeAny(
  bytes: Uint8Array,
  { channels, cutting }: { channels: number; cutting?: Cutting },
): Promise<Image> {
  try {
    const header = await headerOf(bytes);
    const source = sharp(bytes, { ...settings, ignoreIcc: header.space !== "cmyk" });
    return await pixelsOf(isUpright(header) ? source : source.autoOrient(), {
      channels,
      cut: cutting?.(header.autoOrient),
      isPlain: isPlain(header),
    });
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", reasonOf(error as Error), { cause: error });
  }
}

const isUpright = ({ orientation = 1 }: Metadata): boolean => orientation === 1;

/** 8-bit RGB already, as most photographs are. */
const isPlain = ({ space, depth, hasAlpha }: Metadata): boolean => space === "srgb" && depth === "uchar" && !hasAlpha;

async function headerOf(bytes: Uint8Array): Promise<Metadata> {
  if (bytes.length === 0) throw new DataError("ERR_DATA_FORMAT", "it is empty");
  const header = await sharp(bytes, settings).metadata();
  const { format, width, height } = header;
  if (!FORMATS.includes(format))
    throw new DataError("ERR_DATA_FORMAT", `it is ${format}, and only ${FORMATS.join(", ")} are read`);
  if (width * height > MOST_PIXELS)
    throw new DataError("ERR_DATA_FORMAT", `it has ${width}×${height} pixels, more than ${MOST_PIXELS / 1e6} million`);
  return header;
}

/** What a file is, beyond its pixels. */
export interface PictureFacts extends Size {
  /** Its format, and what is odd about it: "grey", "CMYK", "16-bit", "alpha", "palette", "turned", "animated", "misnamed". */
  readonly kinds: readonly string[];
}

/** Decodes a file to its last pixel without keeping any, and says what it was. Throws as `decode`. */
export async function verify(bytes: Uint8Array, name = ""): Promise<PictureFacts> {
  try {
    wholeJpeg(bytes);
    const header = await headerOf(bytes);
    await sharp(bytes, settings).resize({ width: 8, height: 8, fit: "fill", fastShrinkOnLoad: false }).raw().toBuffer();
    const { width, height } = header.autoOrient;
    return { kinds: [header.format, ...oddities(header, name)], width, height };
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", reasonOf(error as Error), { cause: error });
  }
}

const endings: Record<string, RegExp> = { jpeg: /\.(jpe?g|jfif)$/i, tiff: /\.tiff?$/i, heif: /\.(avif|hei[cf])$/i };

function oddities(header: Metadata, name: string): string[] {
  const { space, depth, hasAlpha, isPalette, orientation = 1, pages = 1, format } = header;
  const said: [string, boolean | undefined][] = [
    ["grey", space === "b-w" || space === "grey16"],
    ["CMYK", space === "cmyk"],
    ["16-bit", depth === "ushort"],
    ["alpha", hasAlpha],
    ["palette", isPalette],
    ["turned", orientation > 1],
    ["animated", pages > 1],
    ["misnamed", /\.\w+$/.test(name) && !(endings[format] ?? new RegExp(`\\.${format}$`, "i")).test(name)],
  ];
  return said.flatMap(([kind, is]) => (is ? [kind] : []));
}

/** All of a file is decoded, so that a cut decides nothing about whether it is damaged. */
async function pixelsOf(
  upright: Sharp,
  { channels, cut, isPlain }: { channels: number; cut?: Cut; isPlain: boolean },
): Promise<Image> {
  const plain = isPlain ? upright : upright.flatten({ background: "#ffffff" }).toColourspace("srgb");
  const { data, info } = await plain.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const raw = { data, width: info.width, height: info.height, channels: info.channels };
  return inChannels(cut ? resample(raw, cut) : planar(raw), channels);
}

/** [H, W, C] → [C, H, W] */
function planar({ data, width, height, channels }: Packed): ByteImage {
  const area = width * height;
  const out = new Uint8Array(channels * area);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0, at = channel; i < area; i++, at += channels) out[channel * area + i] = data[at];
  return { data: out, channels, height, width };
}

/** In words of ours: libvips' own depend on what other threads are doing. */
function reasonOf({ message }: Error): string {
  if (/unsupported image format/i.test(message)) return "it is not a picture that can be read";
  if (/pixel limit/i.test(message)) return `it has more than ${MOST_PIXELS / 1e6} million pixels`;
  return message.startsWith("it ") ? message : "it is damaged or cut off";
}
