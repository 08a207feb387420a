/** Whatever lies at a path, recognised and opened, with a part held out to validate on. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { type Dataset, isLabelled, stratifiedSplit } from "../dataset.js";
import { DataError } from "../error.js";
import { cifar, isCifar } from "./cifar.js";
import { naturally, type OpenOptions, readClasses } from "./classes.js";
import { idxImages, isIdx } from "./idx-images.js";
import { imageFolder, isPictureName, unlabelledFolder } from "./image-folder.js";
import { imageTable, splitsOf } from "./image-table.js";
import { parquetImages } from "./parquet.js";
import { expandBraces, tarShards } from "./tar-shards.js";

/** As a recipe's `data` takes it: { ...(await openData("photos")), batchSize: 64 }. */
export interface OpenedData {
  train: Dataset;
  /** What the data holds out itself, or else a stratified part of the training pictures; none where nothing has labels. */
  val?: Dataset;
  test?: Dataset;
}

export interface OpenDataOptions extends OpenOptions {
  /** The share of training pictures, or their number, that is held out where the data has no validation pictures; 0 holds out none. */
  validation?: number;
  /** Of that choice. */
  seed?: number;
}

type Split = "train" | "val" | "test";

const names: Record<Split, string[]> = {
  train: ["train", "training"],
  val: ["val", "valid", "validation", "dev"],
  test: ["test"],
};
const splits = Object.keys(names) as Split[];
const tables = [".csv", ".tsv", ".jsonl", ".ndjson"];

/**
 * Opens a folder of pictures (one folder for each class, with or without train/ and val/ around them, or none), CIFAR's or IDX files,
 * parquet files, tar shards (also `shards-{000..009}.tar`), or a table of paths and classes.
 */
export async function openData(path: string, options: OpenDataOptions = {}): Promise<OpenedData> {
  return withValidation(await recognise(path, options), options);
}

function withValidation({ train, val, test }: OpenedData, { validation = 0.1, seed = 0 }: OpenDataOptions): OpenedData {
  if (val || validation === 0 || !isLabelled(train)) return { train, ...(val && { val }), ...(test && { test }) };
  const split = stratifiedSplit(train, { validation, seed });
  return { train: split.train, val: split.validation, ...(test && { test }) };
}

async function recognise(path: string, options: OpenDataOptions): Promise<OpenedData> {
  if (!existsSync(path)) {
    const files = expandBraces(path);
    if (files.length > 1 || files[0] !== path) return openFiles(files, path, options);
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `There is no data at ${path}: name a folder of pictures, a table, parquet files or tar shards.`,
    );
  }
  return isFolder(path) ? openFolder(path, options) : openFiles([path], path, options);
}

async function openFiles(files: string[], path: string, options: OpenDataOptions): Promise<OpenedData> {
  const kind = extname(files[0]).toLowerCase();
  if (kind === ".tar") return { train: tarShards(files, { name: path, ...options }) };
  if (kind === ".parquet") return { train: await parquetImages(files, { name: path, ...options }) };
  if (tables.includes(kind)) return openTable(path, options);
  throw new DataError(
    "ERR_DATA_FORMAT",
    `${path} is no data set that is known: a folder, ${[".tar", ".parquet", ...tables].join(", ")}.`,
  );
}

function openTable(path: string, options: OpenDataOptions): OpenedData {
  const said = splitsOf(path);
  const named = (split: Split) => said.find((name) => names[split].includes(name));
  const train = named("train");
  if (train === undefined) return { train: imageTable(path, options) };
  return eachSplit((split, classes) => {
    const name = named(split);
    return name === undefined ? undefined : imageTable(path, { ...options, classes: options.classes ?? classes, split: name });
  });
}

async function openFolder(path: string, options: OpenDataOptions): Promise<OpenedData> {
  const inside = visible(path);
  if (isCifar(path)) return { train: cifar(path, { split: "train" }), test: cifar(path, { split: "test" }) };
  if (isIdx(inside, "train")) {
    const split = (name: "train" | "test") => (isIdx(inside, name) ? idxImages(path, { ...options, split: name }) : undefined);
    return { train: split("train")!, test: split("test") };
  }
  const shards =
    inside.includes("data") && !inside.includes("train") ? visible(join(path, "data")).map((name) => join("data", name)) : inside;
  for (const kind of ["parquet", "tar"] as const) {
    const files = shards.filter((name) => name.endsWith(`.${kind}`));
    if (files.length > 0) return openShards(path, files, kind, options);
  }
  const lists = inside.filter((name) => tables.includes(extname(name)));
  return lists.length > 0 ? openTables(path, lists, options) : openPictures(path, inside, options);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const visible = (path: string): string[] =>
  isFolder(path)
    ? readdirSync(path)
        .filter((name) => !name.startsWith("."))
        .sort(naturally)
    : [];

/** Files whose names begin with a split's name belong to it; without such names, all are to be trained on. */
async function openShards(path: string, files: string[], kind: "parquet" | "tar", options: OpenDataOptions): Promise<OpenedData> {
  const of = (split: Split) =>
    files
      .filter((file) => names[split].some((name) => file.split(/[\\/]/).at(-1)!.startsWith(name)))
      .map((file) => join(path, file));
  const open = (shards: string[], split: string, classes = options.classes ?? readClasses(path)) => {
    const given = { ...options, name: `${path} ${split}`, classes };
    return kind === "tar" ? tarShards(shards, given) : parquetImages(shards, given);
  };
  const all = files.map((file) => join(path, file));
  if (of("train").length === 0) return { train: await open(all, "train") };
  const train = await open(of("train"), "train");
  const rest = await Promise.all(
    (["val", "test"] as const).map((split) => (of(split).length > 0 ? open(of(split), split, train.classes) : undefined)),
  );
  return { train, val: rest[0], test: rest[1] };
}

/** One table for all, or one for each split by its name. */
function openTables(path: string, lists: string[], options: OpenDataOptions): OpenedData {
  const file = (split: Split) => lists.find((name) => names[split].includes(name.slice(0, -extname(name).length)));
  if (file("train") === undefined && lists.length === 1) return openTable(join(path, lists[0]), options);
  if (file("train") === undefined)
    throw new DataError(
      "ERR_DATA_FORMAT",
      `${path} has several tables (${lists.join(", ")}): name the one, or call it train${extname(lists[0])}.`,
    );
  return eachSplit((split, classes) => {
    const name = file(split);
    return name === undefined ? undefined : imageTable(join(path, name), { ...options, classes: options.classes ?? classes });
  });
}

function openPictures(path: string, inside: string[], options: OpenDataOptions): OpenedData {
  const folders = inside.filter((name) => isFolder(join(path, name)));
  const folder = (split: Split) => folders.find((name) => names[split].includes(name.toLowerCase()));
  if (folders.length === 0 && inside.some(isPictureName)) return { train: unlabelledFolder(path, options) };
  if (folder("train") === undefined) return { train: imageFolder(path, options) };
  return eachSplit((split, classes) => {
    const name = folder(split);
    return name === undefined ? undefined : imageFolder(path, { ...options, classes: options.classes ?? classes, split: name });
  });
}

/** The training pictures say which classes there are, and the others follow. */
function eachSplit(open: (split: Split, classes?: readonly string[]) => Dataset | undefined): OpenedData {
  const train = open("train")!;
  const [val, test] = splits.slice(1).map((split) => open(split, train.classes));
  return { train, val, test };
}
