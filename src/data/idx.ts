/** IDX, the format of MNIST and its heirs: unsigned bytes under a big-endian header. http://yann.lecun.com/exdb/mnist */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DataError, unreadable } from "./error.js";

export interface Idx {
  readonly dims: number[];
  readonly data: Uint8Array;
}

const LARGEST = 2 ** 31 - 1;
const KINDS: Record<number, string> = {
  0x08: "uint8",
  0x09: "int8",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};

/** The data is a view of `bytes`. `source` is the name for messages. */
export function parseIdx(bytes: Uint8Array, source = "IDX data"): Idx {
  const refuse = (what: string) => new DataError("ERR_DATA_FORMAT", `${source} is not a usable IDX file: ${what}.`);
  if (bytes.length < 4) throw refuse(`${bytes.length} bytes are too few for its header`);
  const [zero, alsoZero, kind, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0 || !(kind in KINDS))
    throw refuse(`it begins with ${hex(bytes.subarray(0, 4))}, not with 00 00 and a data type`);
  if (kind !== 0x08) throw refuse(`it holds ${KINDS[kind]}, and only uint8 is read`);
  if (rank === 0) throw refuse("it has no dimensions");
  const header = 4 + 4 * rank;
  if (bytes.length < header) throw refuse(`${bytes.length} bytes are too few for the header of ${rank} dimensions`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size !== bytes.length - header)
    throw refuse(`its dimensions ${dims.join("×")} need ${size} bytes, and ${bytes.length - header} follow`);
  return { dims, data: bytes.subarray(header) };
}

export function readIdx(path: string): Idx {
  return parseIdx(readUnpacked(path), path);
}

/** A file's bytes, unpacked when they are gzip, whatever the file is called. */
export function readUnpacked(path: string): Uint8Array {
  const bytes = readBytes(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new DataError("ERR_DATA_FORMAT", `${path} cannot be unpacked; the file is damaged, get it again: ${reason}.`, {
      cause,
    });
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(`${path} cannot be read: ${(error as Error).message}.`, error);
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
