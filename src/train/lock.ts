/** One process at a time writes into a run folder: `run.lock` in it says which. One that was killed leaves its lock, which the next takes over. */
import { randomUUID } from "node:crypto";
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryBeside } from "../checkpoint/index.js";
import { fileError, UserError } from "../user-error.js";
import { identityOf, isGone, type ProcessIdentity } from "./process-identity.js";

interface Holder extends ProcessIdentity {
  /** Tells two locks of one process apart. */
  id: string;
  /** When the lock was taken. */
  since: string;
}

/** Those that this process holds, given back when it exits, however it comes to that. */
const held = new Set<FolderLock>();
const releaseAll = (): void => {
  for (const lock of held) lock[Symbol.dispose]();
};

export class FolderLock implements Disposable {
  readonly path: string;
  readonly #dir: string;
  readonly #text: string;

  /** Refuses a folder that a running process has. */
  constructor(dir: string) {
    this.#dir = dir;
    this.path = join(resolve(dir), "run.lock");
    const holder: Holder = { ...identityOf(), id: randomUUID(), since: new Date().toISOString() };
    this.#text = `${JSON.stringify(holder)}\n`;
    while (!this.#take()) this.#clear();
    if (held.size === 0) process.on("exit", releaseAll);
    held.add(this);
  }

  /** Before something is written: whether the folder is still this process's own, and not taken from it by hand. */
  check(): void {
    const text = readLock(this.path);
    if (text === this.#text) return;
    const now = text === null ? "is gone" : `is ${holderOf(text)}'s`;
    throw new UserError("ERR_RUN_LOCKED", `the lock of this run ${now}, so this process stops: two must not write into one run`, {
      where: this.#dir,
    });
  }

  [Symbol.dispose](): void {
    held.delete(this);
    if (held.size === 0) process.off("exit", releaseAll);
    if (readLock(this.path) === this.#text) rmSync(this.path, { force: true });
  }

  /** False if there is a lock already. It appears with all its text at once: a link to a finished file. */
  #take(): boolean {
    const temporary = temporaryBeside(this.path);
    try {
      writeFileSync(temporary, this.#text, { flag: "wx" });
      return linkOrCopy(temporary, this.path);
    } catch (error) {
      throw fileError(error, "write", this.path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** Takes a dead process's lock away. */
  #clear(): void {
    const text = readLock(this.path);
    if (text === null) return;
    const holder = parse(text);
    if (holder !== null && !isGone(holder)) throw inUse(this.#dir, this.path, holder);
    const aside = temporaryBeside(this.path);
    try {
      renameSync(this.path, aside);
      if (readLock(aside) !== text) linkOrCopy(aside, this.path); // another process was faster: what was moved is its lock
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw fileError(error, "write", this.path);
    } finally {
      rmSync(aside, { force: true });
    }
  }
}

function inUse(dir: string, path: string, { pid, host, since }: Holder): UserError {
  const who = pid === process.pid ? "this very process" : `process ${pid} on ${host}`;
  return new UserError("ERR_RUN_LOCKED", `${who} is training here since ${since}`, {
    where: dir,
    remedy: `Wait for it or end it. If it cannot be running any more, delete ${path}.`,
  });
}

function holderOf(text: string): string {
  const holder = parse(text);
  return holder ? `process ${holder.pid} on ${holder.host}` : "unreadable";
}

/** Null for what no process of ours wrote whole. */
function parse(text: string): Holder | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw fileError(error, "read", path);
  }
}

const LINKLESS = ["EPERM", "ENOTSUP", "ENOSYS"]; // what file systems without links say

/** False where there is such a file already, or the first one is gone: a run that goes on removes what others left half written. */
function linkOrCopy(from: string, to: string): boolean {
  try {
    return isPlaced(() => linkSync(from, to));
  } catch (error) {
    if (!LINKLESS.includes(codeOf(error))) throw error;
    return isPlaced(() => copyFileSync(from, to, constants.COPYFILE_EXCL));
  }
}

function isPlaced(place: () => void): boolean {
  try {
    place();
    return true;
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes(codeOf(error))) return false;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";
