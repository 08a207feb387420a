/** A table of picture files and their classes: CSV, TSV, or JSON lines. */
import { readFileSync } from "node:fs";
import { dirname, extname, isAbsolute, normalize, sep } from "node:path";
import { parse } from "csv-parse/sync";
import type { Dataset } from "../dataset.js";
import { DataError, unreadable } from "../error.js";
import { stringList } from "../string-list.js";
import { labelled, type OpenOptions } from "./classes.js";
import { isPictureName } from "./image-folder.js";

export interface ImageTableOptions extends OpenOptions {
  /** The folder that paths start from; the table's own unless given. */
  root?: string;
  /** The column of paths; found by its name unless given. */
  path?: string;
  /** The column of classes, by name or number; without one, pictures are unlabelled. */
  label?: string;
  /** Only the rows whose column "split" says this. */
  split?: string;
}

type Row = Record<string, string | null>;

const PATHS = ["path", "file", "file_name", "filename", "filepath", "image", "image_path", "img"];
const LABELS = ["label", "class", "class_name", "category", "target", "labels"];

/** Rows are samples in the table's order. A CSV without a heading has paths in its first column and classes in its second. */
export function imageTable(path: string, options: ImageTableOptions = {}): Dataset {
  const { root = dirname(path), split, name = split === undefined ? path : `${path} ${split}`, channels = 3, classes } = options;
  const { columns, rows: all } = parseTable(readText(path), path);
  const paths = columnOf(columns, options.path, PATHS, path);
  if (paths === undefined)
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `${path} has no column of paths among ${columns.join(", ")}: name it one of ${PATHS.join(", ")}, or say path.`,
    );
  const label = columnOf(columns, options.label, LABELS, path);
  const rows = split === undefined ? all : all.filter((row) => row.split === split);
  if (rows.length === 0)
    throw new DataError("ERR_DATA_EMPTY", `${path} has no rows${split === undefined ? "" : ` of the split "${split}"`}.`);
  const files = rows.map((row, i) => within(row[paths] ?? "", `${path}, sample ${i + 1}`));
  const names = rows.map((row) => (label === undefined || row[label] === null || row[label] === "" ? null : row[label]));
  const bare = names.every((name) => name === null);
  const whole = bare
    ? { classes: [], labels: new Int32Array(names.length).fill(-1) }
    : labelled(named(names, classes), path, classes);
  return { name, ...whole, n: files.length, channels, pictures: { kind: "files", folder: root, files: stringList(files) } };
}

/** The splits that a table's column "split" names. */
export const splitsOf = (path: string): string[] => [
  ...new Set(parseTable(readText(path), path).rows.flatMap(({ split }) => split ?? [])),
];

/** Where classes are given, numbers among the names stand for them by label. */
function named(names: (string | null)[], classes: readonly string[] | undefined): (string | null)[] {
  if (!classes) return names;
  return names.map((name) =>
    name !== null && !classes.includes(name) && /^\d+$/.test(name) ? (classes[Number(name)] ?? name) : name,
  );
}

/** A path of the table: it leads down from the root and nowhere else. */
function within(path: string, where: string): string {
  const plain = normalize(path.replaceAll("\\", "/"));
  if (path !== "" && !path.includes("\0") && !isAbsolute(plain) && plain !== ".." && !plain.startsWith(`..${sep}`)) return plain;
  throw new DataError(
    "ERR_DATA_FORMAT",
    `${where}: "${path}" is not a path within the folder of the pictures; name another folder by root.`,
  );
}

function columnOf(columns: string[], wanted: string | undefined, usual: string[], where: string): string | undefined {
  if (wanted === undefined) return columns.find((column) => usual.includes(column.toLowerCase()));
  if (columns.includes(wanted)) return wanted;
  throw new DataError("ERR_DATA_NOT_FOUND", `${where} has no column "${wanted}", only ${columns.join(", ")}.`);
}

export interface Table {
  columns: string[];
  rows: Row[];
}

/** `source` is the name for messages; its ending says the kind. */
export function parseTable(text: string, source = "table.csv"): Table {
  const kind = extname(source).toLowerCase();
  return [".jsonl", ".ndjson", ".json"].includes(kind)
    ? parseLines(text, source)
    : parseCells(text, source, kind === ".tsv" ? "\t" : ",");
}

function parseLines(text: string, source: string): Table {
  const rows = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [parseLine(line, `${source}, line ${i + 1}`)]));
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

function parseLine(line: string, where: string): Row {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", `${where} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (typeof row !== "object" || row === null || Array.isArray(row))
    throw new DataError("ERR_DATA_FORMAT", `${where} is not an object of columns.`);
  const cells = Object.entries(row).map(([column, value]) => [
    column,
    value === null || value === undefined ? null : String(value),
  ]);
  return Object.fromEntries(cells);
}

function parseCells(text: string, source: string, delimiter: string): Table {
  const cells = readCells(text, source, delimiter);
  if (cells.length === 0) throw new DataError("ERR_DATA_EMPTY", `${source} is empty.`);
  const isHeaded = !isPictureName(cells[0][0].trim());
  const columns = isHeaded ? cells[0].map((cell) => cell.trim()) : ["path", "label", "split"].slice(0, cells[0].length);
  const rows = cells
    .slice(isHeaded ? 1 : 0)
    .map((line) => Object.fromEntries(columns.map((column, i) => [column, line[i] ?? null])));
  return { columns, rows };
}

function readCells(text: string, source: string, delimiter: string): string[][] {
  try {
    return parse(text, { bom: true, delimiter, skip_empty_lines: true });
  } catch (error) {
    throw new DataError("ERR_DATA_FORMAT", `${source} cannot be read as a table: ${(error as Error).message}.`, { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(`${path} cannot be read: ${(error as Error).message}.`, error);
  }
}
