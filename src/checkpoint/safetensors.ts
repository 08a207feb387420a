/** Read and write safetensors files: an 8-byte length, a JSON header, the tensors' bytes. https://github.com/huggingface/safetensors#format */
import { closeSync, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { fileError, UserError } from "../user-error.js";
import {
  byteSize,
  type HeaderEntry,
  headerLength,
  ITEM_SIZE,
  parseHeader,
  type StoredDtype,
  tensorIn,
} from "./safetensors-header.js";
import { writeFileAtomic } from "./write-atomic.js";

export type { StoredDtype } from "./safetensors-header.js";

/** A tensor as a file holds it: row-major, little-endian. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: number[];
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** Read and check the header now, and each tensor's bytes when they are asked for. */
export function readSafetensors(path: string): Safetensors {
  return withFile(path, (file, stats) => {
    const prefix = readRange(file, 0, Math.min(8, stats.size), path);
    const length = headerLength(prefix, stats.size, path);
    const dataStart = 8 + length;
    const { entries, metadata } = parseHeader(readRange(file, 8, length, path), stats.size - dataStart, path);
    const lazy = (entry: HeaderEntry): StoredTensor => ({
      dtype: entry.dtype,
      shape: entry.shape,
      get bytes() {
        return readUnchanged(path, stats, dataStart + entry.begin, entry.end - entry.begin);
      },
    });
    return { tensors: mapValues(entries, lazy), metadata };
  });
}

/** The same from bytes in memory; tensors are views on them. `name` stands in error messages. */
export function parseSafetensors(bytes: Uint8Array, name = "safetensors"): Safetensors {
  const dataStart = 8 + headerLength(bytes.subarray(0, 8), bytes.length, name);
  const { entries, metadata } = parseHeader(bytes.subarray(8, dataStart), bytes.length - dataStart, name);
  const view = ({ dtype, shape, begin, end }: HeaderEntry) => ({
    dtype,
    shape,
    bytes: bytes.subarray(dataStart + begin, dataStart + end),
  });
  return { tensors: mapValues(entries, view), metadata };
}

/** Write all tensors atomically; the order is fixed by item size and name, so that equal content makes equal files. */
export function writeSafetensors(path: string, tensors: Map<string, StoredTensor>, metadata: Record<string, string> = {}): void {
  const ordered = [...tensors].sort(([a, x], [b, y]) => ITEM_SIZE[y.dtype] - ITEM_SIZE[x.dtype] || (a < b ? -1 : 1));
  const header = encodeHeader(ordered, metadata, path);
  writeFileAtomic(path, fileParts(header, ordered, path));
}

function* fileParts(header: Uint8Array, tensors: [string, StoredTensor][], path: string): Generator<Uint8Array> {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
  yield prefix;
  yield header;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    if (bytes.length !== byteSize(dtype, shape)) {
      throw new UserError(`has ${bytes.length} bytes, but shape [${shape}] of ${dtype} takes ${byteSize(dtype, shape)}`, {
        where: tensorIn(path, name),
      });
    }
    yield bytes;
  }
}

function encodeHeader(tensors: [string, StoredTensor][], metadata: Record<string, string>, path: string): Uint8Array {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let begin = 0;
  for (const [name, { dtype, shape }] of tensors) {
    if (name === "__metadata__") throw new UserError('a tensor cannot be called "__metadata__"', { where: path });
    const end = begin + byteSize(dtype, shape);
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20); // spaces, so that the data begins 8-byte aligned
  padded.set(text);
  return padded;
}

function mapValues<V, W>(map: Map<string, V>, change: (value: V) => W): Map<string, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}

function withFile<T>(path: string, use: (file: number, stats: Stats) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    return use(file, fstatSync(file));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall ? fileError(error, "read", path) : error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

// the offsets are those of the file whose header was read; a file replaced since would give other tensors' bytes
function readUnchanged(path: string, before: Stats, position: number, length: number): Uint8Array {
  return withFile(path, (file, now) => {
    const same = now.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs;
    if (!same) throw new UserError("the file was changed while it was being read", { where: path });
    return readRange(file, position, length, path);
  });
}

function readRange(file: number, position: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (count === 0) throw new UserError("the file became shorter while it was being read", { where: path });
    done += count;
  }
  return bytes;
}
