/** Pictures that are files, or parts of files. */
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
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
  return {
    name: path,
    async read(row) {
      const { size } = await stat(path(row)).catch(unreadable);
      checkSize(size);
      return { bytes: await readFile(path(row)).catch(unreadable) };
    },
  };
}

export function openRanges({ files, names, file, start, size }: RangeSource): PictureReader {
  return {
    name: (row) => `${files[file[row]]}: ${stringAt(names, row)}`,
    read: async (row) => ({ bytes: await readRange(files[file[row]], start[row], size[row]) }),
  };
}

export async function readRange(path: string, start: number, size: number): Promise<Uint8Array> {
  checkSize(size);
  const handle = await open(path).catch(unreadable);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(size), 0, size, start).catch(unreadable);
    if (bytesRead < size) throw new Error(`it is cut off after ${bytesRead} of ${size} bytes`);
    return buffer;
  } finally {
    await handle.close();
  }
}

function checkSize(size: number): void {
  if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, more than ${MOST_BYTES}`);
}

function unreadable(error: NodeJS.ErrnoException): never {
  const reasons: Record<string, string> = { ENOENT: "it is gone", EACCES: "permission is denied", EISDIR: "it is a folder" };
  throw new Error(reasons[error.code ?? ""] ?? error.message, { cause: error });
}
