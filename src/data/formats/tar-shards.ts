/** WebDataset: pictures and labels side by side in tar archives, `7.jpg` and `7.cls`. https://github.com/webdataset/webdataset */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { Dataset } from "../dataset.js";
import { DataError } from "../error.js";
import { stringList } from "../string-list.js";
import { numbered, type OpenOptions } from "./classes.js";
import { isPictureName } from "./image-folder.js";
import { type ReadAt, tarMembers, withFile } from "./tar.js";

export interface TarOptions extends OpenOptions {
  /** Which member, or which field of a json member, has the label: "cls" unless given, or a json's "label" or "cls". */
  label?: string;
}

interface Index {
  names: string[];
  file: number[];
  start: number[];
  size: number[];
  labels: (string | null)[];
}

const MOST_LABEL = 1 << 20;

/**
 * The samples of one archive or several, `shards-{000..009}.tar`, in their order. Headers are read once, when it is opened; pictures are
 * then read where they lie, in any order. Labels are numbers, or names where `classes` are given.
 */
export function tarShards(pattern: string | readonly string[], options: TarOptions = {}): Dataset {
  const files = (typeof pattern === "string" ? [pattern] : pattern).flatMap(expandBraces);
  const { name = typeof pattern === "string" ? pattern : `${files[0]} …`, channels = 3, label } = options;
  const index: Index = { names: [], file: [], start: [], size: [], labels: [] };
  files.forEach((path, file) => withFile(path, (readAt, size) => addShard(index, { path, file, label }, readAt, size)));
  const n = index.names.length;
  if (n === 0) throw new DataError("ERR_DATA_EMPTY", `${name} has no pictures in it.`);
  const pictures = {
    kind: "ranges" as const,
    files,
    names: stringList(index.names),
    file: Uint32Array.from(index.file),
    start: Float64Array.from(index.start),
    size: Float64Array.from(index.size),
  };
  return { name, n, channels, pictures, ...labelsOf(index.labels, name, options.classes) };
}

/** `a{08..11}b` as a08b, a09b, a10b, a11b; `{x,y}` as each of its parts. Several multiply. */
export function expandBraces(pattern: string): string[] {
  if (existsSync(pattern)) return [pattern];
  const brace = /\{([^{}]*)\}/.exec(pattern);
  if (!brace) return [pattern];
  const [before, after] = [pattern.slice(0, brace.index), pattern.slice(brace.index + brace[0].length)];
  return choices(brace[1], pattern).flatMap((choice) => expandBraces(before + choice + after));
}

const MOST_SHARDS = 100_000;

function choices(inside: string, pattern: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside);
  if (!range) return inside.split(",");
  const [, first, last] = range;
  const count = Number(last) - Number(first) + 1;
  if (!(count > 0 && count <= MOST_SHARDS))
    throw new DataError("ERR_INVALID_OPTION", `${pattern}: {${inside}} stands for no files.`);
  return Array.from({ length: count }, (_, i) => `${Number(first) + i}`.padStart(first.length, "0"));
}

/** Members of one name but for their endings, one after the other, are a sample. */
function addShard(
  index: Index,
  { path, file, label }: { path: string; file: number; label?: string },
  readAt: ReadAt,
  size: number,
): void {
  let key = "";
  let picture = -1; // of the sample at hand
  let pending: string | null = null; // a label that comes before its picture
  for (const member of tarMembers(readAt, size, path)) {
    const base = basename(member.name);
    const dot = base.indexOf(".", 1);
    if (base.startsWith(".") || dot < 0) continue;
    const stem = member.name.slice(0, member.name.length - base.length + dot);
    if (stem !== key) [key, picture, pending] = [stem, -1, null];
    if (picture < 0 && isPictureName(base)) {
      picture = index.names.push(member.name) - 1;
      index.file.push(file);
      index.start.push(member.start);
      index.size.push(member.size);
      index.labels.push(pending);
    } else if (member.size <= MOST_LABEL) {
      const found = labelIn(base.slice(dot + 1), readAt(member.start, member.size), { label, where: `${path}: ${member.name}` });
      if (found === undefined) continue;
      if (picture < 0) pending = found;
      else index.labels[picture] = found;
    }
  }
}

function labelIn(ending: string, bytes: Uint8Array, { label, where }: { label?: string; where: string }): string | undefined {
  const content = () => Buffer.from(bytes).toString().trim();
  if (ending === (label ?? "cls")) return content();
  if (ending !== "json") return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(content());
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", `${where} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  const value = label === undefined ? (fields?.label ?? fields?.cls) : fields?.[label];
  return value === undefined || value === null ? undefined : String(value);
}

function labelsOf(found: (string | null)[], name: string, classes?: readonly string[]): Pick<Dataset, "classes" | "labels"> {
  if (found.every((label) => label === null)) return { classes: [], labels: new Int32Array(found.length).fill(-1) };
  const labels = Int32Array.from(found, (label) => {
    if (label === null) return -1;
    const number = /^\d+$/.test(label) ? Number(label) : (classes?.indexOf(label) ?? -1);
    if (number >= 0 && number < (classes?.length ?? 2 ** 20)) return number;
    throw new DataError(
      "ERR_DATA_LABELS",
      `${name} has a label "${label}" that is ${classes ? "not among the classes given" : "no number: say classes"}.`,
    );
  });
  return { classes: classes ?? numbered(labels), labels };
}
