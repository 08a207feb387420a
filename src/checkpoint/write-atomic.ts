/** Write a file so that a crash leaves either the old one or the new one, never a half: a temporary file beside it, fsync, rename. */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileError } from "../user-error.js";

/** Text, bytes, or parts that are made one by one while they are written. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

export function writeFileAtomic(path: string, content: FileContent): void {
  const folder = dirname(path);
  const temporary = temporaryBeside(path);
  try {
    writeDurably(temporary, content);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw (error as NodeJS.ErrnoException).syscall ? fileError(error, "write", path) : error;
  }
}

/** A name that no other process makes: `.last.json.4711.0a1b2c3d.tmp` beside `last.json`. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
}

/** Takes away what killed processes left half written in a folder; only for who knows that nobody else is writing there. */
export function removeTemporaries(folder: string): void {
  const left = readdirSync(folder).filter((name) => /^\..+\.\d+\.[0-9a-f]{8}\.tmp$/.test(name));
  for (const name of left) rmSync(join(folder, name), { force: true });
}

/** JSON, indented, with a newline at its end. */
export function writeJsonAtomic(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

function writeDurably(path: string, content: FileContent): void {
  const file = openSync(path, "wx");
  try {
    for (const part of parts(content)) writeWhole(file, part);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function parts(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

// one write(2) moves at most 2 GiB and may move less than it was given
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 30));
}

// the rename itself lives in the folder; file systems that cannot sync a folder refuse to, and that is no fault of ours
function syncFolder(folder: string): void {
  let file: number | undefined;
  try {
    file = openSync(folder, "r");
    fsyncSync(file);
  } catch {
    return;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
