/** Read and write safetensors files: an 8-byte length, a JSON header, the tensors' bytes. https://github.com/huggingface/safetensors#format */
import { type ByteSource, fileSource, memorySource } from "./byte-source.js";
import { formatError } from "./format-error.js";
import { type Digest, Passing } from "./hash-file.js";
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
export const readSafetensors = (path: string): Safetensors => safetensorsIn(fileSource(path));

/** The same from bytes in memory; tensors are views on them. `name` stands in error messages. */
export const parseSafetensors = (bytes: Uint8Array, name = "safetensors"): Safetensors =>
  safetensorsIn(memorySource(bytes, name));

export function safetensorsIn(source: ByteSource): Safetensors {
  const length = headerLength(source.read(0, Math.min(8, source.size)), source.size, source.name);
  const dataStart = 8 + length;
  const { entries, metadata } = parseHeader(source.read(8, length), source.size - dataStart, source.name);
  const lazy = ({ dtype, shape, begin, end }: HeaderEntry): StoredTensor => ({
    dtype,
    shape,
    get bytes() {
      return source.read(dataStart + begin, end - begin);
    },
  });
  return { tensors: new Map([...entries].map(([name, entry]) => [name, lazy(entry)])), metadata };
}

/** Write all tensors atomically; the order is fixed by item size and name, so that equal content makes equal files. Returns what was written. */
export function writeSafetensors(
  path: string,
  tensors: Map<string, StoredTensor>,
  metadata: Record<string, string> = {},
): Digest {
  const ordered = [...tensors].sort(([a, x], [b, y]) => ITEM_SIZE[y.dtype] - ITEM_SIZE[x.dtype] || (a < b ? -1 : 1));
  const header = encodeHeader(ordered, metadata, path);
  const passing = new Passing();
  writeFileAtomic(path, passing.through(fileParts(header, ordered, path)));
  return passing.digest();
}

function* fileParts(header: Uint8Array, tensors: [string, StoredTensor][], path: string): Generator<Uint8Array> {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(header.length), true);
  yield prefix;
  yield header;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    if (bytes.length !== byteSize(dtype, shape)) {
      throw formatError(`has ${bytes.length} bytes, but shape [${shape}] of ${dtype} takes ${byteSize(dtype, shape)}`, {
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
    if (name === "__metadata__") throw formatError('a tensor cannot be called "__metadata__"', { where: path });
    const end = begin + byteSize(dtype, shape);
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20); // spaces, so that the data begins 8-byte aligned
  padded.set(text);
  return padded;
}
