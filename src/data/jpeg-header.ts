/** What a JPEG file says of itself before its pixels. https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B; Exif 2.3 for its turn. */
import type { Size } from "./framing.js";

export interface JpegHeader extends Size {
  /** 1 or 3, unless it is no ordinary picture. */
  readonly channels: number;
  /** Upright, of 8 bits, grey or of three colours, as most are. */
  readonly isOrdinary: boolean;
  /** The end mark is there. */
  readonly isWhole: boolean;
}

const mark = { start: 0xd8, end: 0xd9, scan: 0xda, exif: 0xe1 };
const END = Buffer.from([0xff, mark.end]);

/** Frames of 8 bits in Huffman's code: baseline, extended, progressive. */
const isUsualFrame = (code: number): boolean => code >= 0xc0 && code <= 0xc2;
const isFrame = (code: number): boolean => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

/** Undefined for what is no JPEG file, or none that can be followed to its pixels. */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== mark.start) return undefined;
  const { buffer, byteOffset, length } = bytes;
  const file = Buffer.from(buffer, byteOffset, length);
  let frame: Omit<JpegHeader, "isWhole"> | undefined;
  let turns = 0; // Exif blocks
  let isUpright = true;
  for (let at = 2; at + 4 <= length; ) {
    if (file[at] !== 0xff) return undefined;
    const code = file[at + 1];
    if (code === 0xff)
      at++; // a filling byte
    else {
      const segment = file.subarray(at + 4, at + 2 + file.readUInt16BE(at + 2));
      if (code === mark.scan) {
        if (!frame) return undefined;
        const isOrdinary = frame.isOrdinary && isUpright && turns <= 1;
        return { ...frame, isOrdinary, isWhole: file.lastIndexOf(END) > at };
      }
      if (isFrame(code)) {
        if (frame || segment.length < 6) return undefined;
        const channels = segment[5];
        const isOrdinary = isUsualFrame(code) && segment[0] === 8 && (channels === 1 || channels === 3);
        frame = { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3), channels, isOrdinary };
      }
      if (code === mark.exif && segment.toString("latin1", 0, 4) === "Exif") {
        turns++;
        isUpright &&= saysUpright(segment.subarray(6));
      }
      at += 2 + file.readUInt16BE(at + 2);
    }
  }
  return undefined;
}

const ORIENTATION = 0x112;
const SHORT = 3;

/** Of the first directory of a TIFF block: it can be followed, and its orientation, if it has one, is 1. */
function saysUpright(tiff: Buffer): boolean {
  const order = tiff.toString("latin1", 0, 4);
  if (order !== "II*\0" && order !== "MM\0*") return false;
  const isLittle = order === "II*\0";
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const first = long(4);
    return Array.from({ length: short(first) }, (_, i) => first + 2 + 12 * i).every(
      (entry) => short(entry) !== ORIENTATION || (short(entry + 2) === SHORT && long(entry + 4) === 1 && short(entry + 8) === 1),
    );
  } catch {
    return false; // it points beyond its end
  }
}
