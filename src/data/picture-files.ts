/** Pictures that are files, or parts of files. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { DataError, unreadable } from "./error.js";
import type { PictureReader } from "./pictures.js";
import { type StringList, stringAt } from "./string-list.js";

/** A file for each picture. */
export interface FileSource {
  readonly kind: "files";
  readonly folder: string;
  readonly files: StringList; // paths within the folder
}

/** A stretch of bytes for each picture, in one of a few files. */
export interface RangeSource {
  readonly kind: "ranges";
  readonly files: readonly string[];
  readonly names: StringList;
  readonly file: Uint32Array; // which of the files
  readonly start: Float64Array;
  readonly size: Float64Array;
}

/** An encoded picture beyond is no picture. */
const MOST_BYTES = 256 * 2 ** 20;

export function openFiles({ folder, files }: FileSource): PictureReader {
  const path = (row: number) => join(folder, stringAt(files, row));
  return { name: path, read: (row) => ({ bytes: readPart(path(row)) }) };
}

export function openRanges({ files, names, file, start, size }: RangeSource): PictureReader {
  return {
    name: (row) => `${files[file[row]]}: ${stringAt(names, row)}`,
    read: (row) => ({ bytes: readPart(files[file[row]], start[row], size[row]) }),
  };
}

/** A stretch of a file's bytes, or all of them; at once, for a worker has nothing else to do, and each turn through libuv's threads costs. */
export function readPart(path: string, start = 0, size?: number): Uint8Array {
  const file = attempt(() => openSync(path, "r"));
  try {
    const length = size ?? attempt(() => fstatSync(file)).size;
    checkSize(length);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < length; ) {
      const count = attempt(() => readSync(file, bytes, at, length - at, start + at));
      if (count === 0) throw new DataError("ERR_DATA_FORMAT", `it is cut off after ${at} of ${length} bytes`);
      at += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function checkSize(size: number): void {
  if (size > MOST_BYTES) throw new DataError("ERR_DATA_FORMAT", `it has ${size} bytes, more than ${MOST_BYTES}`);
}

const reasons: Record<string, string> = { ENOENT: "it is gone", EACCES: "permission is denied", EISDIR: "it is a folder" };

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw unreadable(reasons[code] ?? message, error);
  }
}
