/** Names of classes and their order. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../error.js";

/** What opening any kind of data set may be told. */
export interface OpenOptions {
  /** What messages call it. */
  name?: string;
  /** That pictures are decoded to. */
  channels?: 1 | 3;
  /** Their names, by label; found in the data unless given. Where the data names classes itself, these are the same in another order. */
  classes?: readonly string[];
}

const collator = new Intl.Collator("en", { numeric: true });

/** "class 2" before "class 10"; what reads alike goes by its code points, so that the order is one. */
export const naturally = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : Number(a > b));

/** Labels for the class name of each sample, null for none. Without `classes`, those that occur, in natural order. */
export function labelled(
  names: readonly (string | null)[],
  where: string,
  classes?: readonly string[],
): { classes: readonly string[]; labels: Int32Array } {
  const known = classes ?? [...new Set(names.filter((name) => name !== null))].sort(naturally);
  const numbers = new Map(known.map((name, label) => [name, label]));
  const labels = Int32Array.from(names, (name) => {
    if (name === null) return -1;
    const label = numbers.get(name);
    if (label === undefined)
      throw new DataError(
        "ERR_DATA_LABELS",
        `${where} has a class "${name}" that is not among the ${known.length} classes given.`,
      );
    return label;
  });
  return { classes: known, labels };
}

/** Numbers of classes that nobody named: "0", "1", … */
export const numbered = (labels: ArrayLike<number>): string[] =>
  Array.from({ length: Array.from(labels).reduce((most, label) => Math.max(most, label + 1), 0) }, (_, label) => `${label}`);

/** The names in a folder's classes.json, if it has one. */
export function readClasses(folder: string): string[] | undefined {
  const path = join(folder, "classes.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const names: unknown = parse(text, path);
  if (Array.isArray(names) && names.every((name) => typeof name === "string") && new Set(names).size === names.length)
    return names;
  throw new DataError("ERR_DATA_FORMAT", `${path} is not a list of different names, such as ["cat", "dog"].`);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", `${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
}
