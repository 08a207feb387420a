/** Pictures in the row groups of parquet files, each group unpacked once into a file where its pictures can be read one by one. */
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { threadId } from "node:worker_threads";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { readPart } from "./picture-files.js";
import type { PictureReader } from "./pictures.js";

export interface ParquetSource {
  readonly kind: "parquet";
  readonly files: readonly string[];
  /** The column of pictures. */
  readonly column: string;
  /** Where each file's groups are unpacked to. */
  readonly cache: readonly string[];
  /** Of each group: its file, its first row there, and the row of the whole set behind its last. */
  readonly group: { readonly file: Uint32Array; readonly row: Float64Array; readonly ends: Float64Array };
  /** Shared by the threads: which groups one of them is unpacking. */
  readonly claims: Int32Array;
}

const [FREE, TAKEN] = [0, 1];
const PATIENCE = 20; // milliseconds between two looks at what another thread is unpacking

export function openParquet(source: ParquetSource): PictureReader {
  const { files, cache, group } = source;
  const ready = new Map<number, Promise<string>>();
  const unpacked = (g: number): Promise<string> => {
    const found = ready.get(g);
    if (found) return found;
    const path = join(cache[group.file[g]], `rows-${group.row[g]}`);
    const made = unpack(source, g, path).then(() => path);
    ready.set(g, made);
    made.catch(() => ready.delete(g));
    return made;
  };
  const place = (row: number): { g: number; within: number } => {
    const g = firstBeyond(group.ends, row);
    return { g, within: row - (g === 0 ? 0 : group.ends[g - 1]) };
  };
  return {
    name(row) {
      const { g, within } = place(row);
      return `${files[group.file[g]]}, row ${group.row[g] + within}`;
    },
    async read(row) {
      const { g, within } = place(row);
      const path = await unpacked(g);
      const rows = group.ends[g] - (g === 0 ? 0 : group.ends[g - 1]);
      const index = readPart(path, 8 * within, 16);
      const [start, end] = new Float64Array(index.buffer, index.byteOffset, 2);
      return { bytes: end > start ? readPart(path, 8 * (rows + 1) + start, end - start) : new Uint8Array(0) };
    },
  };
}

/** The first i with row < ends[i]. */
function firstBeyond(ends: Float64Array, row: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row < ends[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Once in a process: whoever claims a group first does it, and the others wait for its file. */
async function unpack(source: ParquetSource, g: number, path: string): Promise<void> {
  while (!(await exists(path))) {
    if (Atomics.compareExchange(source.claims, g, FREE, TAKEN) === FREE) {
      try {
        return await writeGroup(source, g, path);
      } finally {
        Atomics.store(source.claims, g, FREE);
      }
    }
    await delay(PATIENCE);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Where each picture begins and the last one ends, counted from behind these numbers; then the pictures. */
async function writeGroup({ files, column, group }: ParquetSource, g: number, path: string): Promise<void> {
  const rowStart = group.row[g];
  const rowEnd = rowStart + group.ends[g] - (g === 0 ? 0 : group.ends[g - 1]);
  const file = await asyncBufferFromFile(files[group.file[g]]);
  const rows = await parquetReadObjects({ file, columns: [column], rowStart, rowEnd, compressors, utf8: false });
  const pictures = rows.map((row) => bytesOf(row[column]));
  const starts = new Float64Array(pictures.length + 1);
  pictures.forEach(({ length }, i) => (starts[i + 1] = starts[i] + length));
  await writeWhole(path, [new Uint8Array(starts.buffer), ...pictures]);
}

/** The column holds {bytes, path}, or the bytes alone. */
function bytesOf(cell: unknown): Uint8Array {
  const bytes = cell instanceof Uint8Array ? cell : (cell as { bytes?: unknown } | null)?.bytes;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

/** Nobody sees half a file: it gets its name when it is complete. */
async function writeWhole(path: string, parts: Uint8Array[]): Promise<void> {
  const unfinished = `${path}.${process.pid}-${threadId}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, parts);
  await rename(unfinished, path);
}
