/** Where a weight file's bytes come from: a file, read where and when they are asked for, or memory. Both are parsed by the same code. */
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { fileError, UserError } from "../user-error.js";
import { formatError } from "./format-error.js";

export interface ByteSource {
  /** Stands in error messages. */
  readonly name: string;
  readonly size: number;
  /** `length` bytes from `begin` on; a range beyond the end is refused. */
  read(begin: number, length: number): Uint8Array;
}

/** A file on disk. One that is changed after this call is refused at the next read: its offsets would be another's. */
export function fileSource(path: string): ByteSource {
  const stats = withFile(path, (_, stats) => stats);
  return {
    name: path,
    size: stats.size,
    read: (begin, length) => (checkRange(path, stats.size, begin, length), readUnchanged(path, stats, begin, length)),
  };
}

/** Bytes in memory; what is read are views on them. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (begin, length) => (checkRange(name, bytes.length, begin, length), bytes.subarray(begin, begin + length)),
  };
}

function checkRange(where: string, size: number, begin: number, length: number): void {
  if (begin < 0 || length < 0 || begin + length > size)
    throw formatError(`bytes ${begin} to ${begin + length} are asked for, but the file has ${size}; it is truncated or damaged`, {
      where,
    });
}

function withFile<T>(path: string, use: (file: number, stats: Stats) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR", syscall: "read" });
    return use(file, stats);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall ? fileError(error, "read", path) : error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readUnchanged(path: string, before: Stats, begin: number, length: number): Uint8Array {
  return withFile(path, (file, now) => {
    const same = now.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs;
    if (!same) throw new UserError("ERR_FILE", "the file was changed while it was being read", { where: path });
    return readRange(file, begin, length, path);
  });
}

function readRange(file: number, begin: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, Math.min(length - done, 2 ** 30), begin + done);
    if (count === 0) throw new UserError("ERR_FILE", "the file became shorter while it was being read", { where: path });
    done += count;
  }
  return bytes;
}
