/** Stamps: what a step was last done for, by content hash, so that set-up does nothing twice and trusts no modification time. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";

const fileOf = (name) => join(root, ".setup", `${name}.stamp`);

/** True when the step was last done for this very content. */
export const isStamped = (name, hash) => existsSync(fileOf(name)) && readFileSync(fileOf(name), "utf8") === hash;

export function stamp(name, hash) {
  mkdirSync(join(root, ".setup"), { recursive: true });
  writeFileSync(fileOf(name), hash);
}

/** Every file under a folder, in one order on every machine. */
export function filesUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** One hash over names and contents, and over `facts` that matter beside the files (a version, a path). */
export const hashOf = (files, facts = []) =>
  sha256(JSON.stringify([facts, files.map((file) => [file.slice(root.length), sha256(readFileSync(file))])]));
