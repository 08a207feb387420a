/** Parquet as the Hugging Face hub keeps pictures: a column of {bytes, path} and one of labels. https://huggingface.co/docs/datasets */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Dataset } from "../dataset.js";
import { DataError, unreadable } from "../error.js";
import type { ParquetSource } from "../picture-parquet.js";
import { labelled, numbered, type OpenOptions } from "./classes.js";

export interface ParquetOptions extends OpenOptions {
  /** The column of pictures; found by its type unless given. */
  image?: string;
  /** The column of labels; "label" unless given. */
  label?: string;
  /** Where row groups are unpacked to; a folder of vit-distill's among the user's caches unless given. */
  cache?: string;
}

interface Shard {
  path: string;
  metadata: FileMetaData;
}

/**
 * The rows of one file or several, in order. Pictures lie packed in groups of rows, and training asks for them in any order: a group is
 * unpacked into a file of the cache when one of its pictures is asked for first, and every picture is then read from there.
 */
export async function parquetImages(path: string | readonly string[], options: ParquetOptions = {}): Promise<Dataset> {
  const files = typeof path === "string" ? [path] : path;
  const { name = files.length === 1 ? files[0] : `${files[0]} …`, channels = 3 } = options;
  const shards = await Promise.all(files.map(openShard));
  const features = featuresOf(shards[0].metadata);
  const image = options.image ?? imageColumn(shards[0].metadata, features);
  if (image === undefined || !columnsOf(shards[0].metadata).includes(image))
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `${files[0]} has no column of pictures${image === undefined ? "" : ` "${image}"`} among ${columnsOf(shards[0].metadata).join(", ")}: say which by image.`,
    );
  const label =
    options.label ?? ["label", "labels", "fine_label"].find((column) => columnsOf(shards[0].metadata).includes(column));
  const values = label === undefined ? [] : (await Promise.all(shards.map((shard) => readColumn(shard, label)))).flat();
  const pictures = sourceOf(shards, image, options.cache);
  const n = shards.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
  const own = label === undefined ? undefined : features[label]?.names;
  return { name, n, channels, pictures, ...labelsOf(values, n, name, { own, classes: options.classes }) };
}

async function openShard(path: string): Promise<Shard> {
  try {
    return { path, metadata: await parquetMetadataAsync(await asyncBufferFromFile(path)) };
  } catch (error) {
    const message = `${path} cannot be read as parquet: ${(error as Error).message}.`;
    const isNodes = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isNodes ? unreadable(message, error) : new DataError("ERR_DATA_FORMAT", message, { cause: error });
  }
}

async function readColumn({ path, metadata }: Shard, column: string): Promise<unknown[]> {
  try {
    const file = await asyncBufferFromFile(path);
    return (await parquetReadObjects({ file, metadata, columns: [column], compressors })).map((row) => row[column]);
  } catch (error) {
    const code = columnsOf(metadata).includes(column) ? "ERR_DATA_FORMAT" : "ERR_DATA_NOT_FOUND";
    throw new DataError(code, `${path}: the column "${column}" cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

const columnsOf = ({ schema: [root, ...elements] }: FileMetaData): string[] => {
  const names: string[] = [];
  for (let at = 0; names.length < (root.num_children ?? 0) && at < elements.length; at += descendants(elements, at))
    names.push(elements[at].name);
  return names;
};

/** How many elements of the flattened tree an element and all below it are. */
function descendants(elements: FileMetaData["schema"], at: number): number {
  let count = 1;
  for (let child = 0; child < (elements[at]?.num_children ?? 0); child++) count += descendants(elements, at + count);
  return count;
}

type Features = Record<string, { _type?: string; names?: string[] } | undefined>;

/** What the library `datasets` wrote about the columns. */
function featuresOf({ key_value_metadata: pairs = [] }: FileMetaData): Features {
  try {
    return JSON.parse(pairs.find(({ key }) => key === "huggingface")?.value ?? "{}").info?.features ?? {};
  } catch {
    return {};
  }
}

function imageColumn(metadata: FileMetaData, features: Features): string | undefined {
  const columns = columnsOf(metadata);
  return (
    columns.find((column) => features[column]?._type === "Image") ??
    ["image", "img", "bytes"].find((name) => columns.includes(name))
  );
}

/** Numbers stand for the names that the file gives them, if it does; `classes` may put these in another order. */
function labelsOf(
  values: unknown[],
  n: number,
  where: string,
  { own, classes }: { own?: readonly string[]; classes?: readonly string[] },
): Pick<Dataset, "classes" | "labels"> {
  const known = values.map((value) => (value === null || value === undefined || Number(value) < 0 ? null : value));
  if (known.every((value) => value === null)) return { classes: [], labels: new Int32Array(n).fill(-1) };
  const isNamed = known.some((value) => typeof value === "string");
  if (isNamed || own)
    return labelled(
      known.map((value) => nameOf(value, own)),
      where,
      classes ?? own,
    );
  const labels = Int32Array.from(known, (value) => (value === null ? -1 : Number(value)));
  return { classes: classes ?? numbered(labels), labels };
}

const nameOf = (value: unknown, own?: readonly string[]): string | null =>
  value === null ? null : typeof value === "string" ? value : (own?.[Number(value)] ?? String(value));

function sourceOf(
  shards: Shard[],
  column: string,
  cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vit-distill"),
): ParquetSource {
  const groups = shards.flatMap(({ metadata }, file) => {
    let row = 0;
    return metadata.row_groups.map(({ num_rows }) => ({
      file,
      row: row,
      rows: Number(num_rows),
      next: (row += Number(num_rows)),
    }));
  });
  const ends = new Float64Array(groups.length);
  groups.forEach(({ rows }, i) => (ends[i] = rows + (i === 0 ? 0 : ends[i - 1])));
  return {
    kind: "parquet",
    column,
    files: shards.map(({ path }) => path),
    cache: shards.map(({ path }) => join(cache, `${basename(path)}-${identity(path, column)}`)),
    group: { file: Uint32Array.from(groups, ({ file }) => file), row: Float64Array.from(groups, ({ row }) => row), ends },
    claims: new Int32Array(new SharedArrayBuffer(4 * groups.length)),
  };
}

/** The same for a file that nobody has changed. */
function identity(path: string, column: string): string {
  const { size, mtimeMs } = statSync(path);
  return createHash("sha256")
    .update(JSON.stringify([path, size, mtimeMs, column]))
    .digest("hex")
    .slice(0, 16);
}
