/** A folder of pictures: one folder inside for each class, or no classes at all. */
import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { extname, join, sep } from "node:path";
import type { Dataset } from "../dataset.js";
import { DataError, unreadable } from "../error.js";
import { stringList } from "../string-list.js";
import { labelled, naturally, type OpenOptions, readClasses } from "./classes.js";

export interface ImageFolderOptions extends OpenOptions {
  /** A folder within the folder, such as "train". */
  split?: string;
}

/** What is taken for a picture; that it cannot be read is said when it is met. */
const EXTENSIONS = new Set([".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".bmp"]);

export const isPictureName = (name: string): boolean => EXTENSIONS.has(extname(name).toLowerCase());

/**
 * Pictures whose class is the folder they are in, at any depth below it. Classes are in natural order, or in that of the folder's
 * classes.json. What begins with a dot is left out; links are followed as long as they stay within the folder.
 */
export function imageFolder(path: string, { split, name, channels = 3, classes }: ImageFolderOptions = {}): Dataset {
  const folder = split === undefined ? path : join(path, split);
  const top = entriesOf(folder, folder);
  const known = classes ?? readClasses(folder) ?? readClasses(path);
  const own = top.filter((entry) => entry.isFolder).map((entry) => entry.name);
  if (own.length === 0)
    throw new DataError(
      "ERR_NO_LABELS",
      `${folder} has no folders for classes: put the pictures of each class into one, or open it with unlabelledFolder.`,
    );
  const files = own.flatMap((name) => picturesIn(folder, name));
  const whole = labelled(files.map(classOf), folder, known ?? own);
  return dataset(name ?? folder, folder, files, channels, whole);
}

/** All pictures in a folder, at any depth, without labels: for distillation by a teacher's word alone. */
export function unlabelledFolder(path: string, { name, channels = 3 }: Omit<OpenOptions, "classes"> = {}): Dataset {
  const files = picturesIn(path, "");
  return dataset(name ?? path, path, files, channels, { classes: [], labels: new Int32Array(files.length).fill(-1) });
}

const classOf = (file: string): string => file.slice(0, file.indexOf("/"));

function dataset(
  name: string,
  folder: string,
  files: string[],
  channels: 1 | 3,
  { classes, labels }: Pick<Dataset, "classes" | "labels">,
): Dataset {
  if (files.length === 0) throw new DataError("ERR_DATA_EMPTY", `${folder} has no pictures (${[...EXTENSIONS].join(" ")}).`);
  return { name, classes, n: files.length, channels, labels, pictures: { kind: "files", folder, files: stringList(files) } };
}

interface Entry {
  name: string;
  isFolder: boolean;
}

/** Paths from `folder`, with "/" on every system, of the pictures in its folder `within`, in natural order. */
export function picturesIn(folder: string, within: string): string[] {
  const root = realpathSync(rootOf(folder));
  const above = new Set<string>(); // the folders that we are in: a link back to one is a loop
  const walk = (at: string): string[] => {
    const real = realpathSync(join(folder, at));
    if (above.has(real)) return [];
    above.add(real);
    const found = entriesOf(join(folder, at), root).flatMap(({ name, isFolder }) => {
      const path = at === "" ? name : `${at}/${name}`;
      return isFolder ? walk(path) : isPictureName(name) ? [path] : [];
    });
    above.delete(real);
    return found;
  };
  return walk(within);
}

/** Visible files and folders in natural order; a link counts as what it leads to, if that lies within `root`. */
function entriesOf(folder: string, root: string): Entry[] {
  const real = realpathSync(rootOf(root));
  return listed(folder)
    .filter(({ name }) => !name.startsWith(".") && name !== "__MACOSX")
    .flatMap((entry) => {
      if (!entry.isSymbolicLink())
        return entry.isDirectory() || entry.isFile() ? [{ name: entry.name, isFolder: entry.isDirectory() }] : [];
      const target = followed(join(folder, entry.name), real);
      return target ? [{ name: entry.name, isFolder: target.isDirectory() }] : [];
    })
    .sort((a, b) => naturally(a.name, b.name));
}

function followed(link: string, root: string) {
  try {
    const real = realpathSync(link);
    const target = statSync(real);
    return real.startsWith(root + sep) && (target.isFile() || target.isDirectory()) ? target : undefined;
  } catch {
    return undefined; // it leads nowhere
  }
}

function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw refusal(folder, error as NodeJS.ErrnoException);
  }
}

function rootOf(folder: string): string {
  try {
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    throw refusal(folder, error as NodeJS.ErrnoException);
  }
  throw new DataError("ERR_DATA_FORMAT", `${folder} is a file, not a folder of pictures.`);
}

function refusal(folder: string, error: NodeJS.ErrnoException): DataError {
  const reason = error.code === "ENOENT" ? "there is no such folder" : error.message;
  return unreadable(`${folder} cannot be opened: ${reason}.`, error);
}
