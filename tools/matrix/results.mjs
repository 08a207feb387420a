/** What each row gave at this commit, kept in .setup/matrix/<commit>/, and the table of them. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import { closingLine } from "../test/counts.mjs";
import { minutes } from "../test/usage.mjs";

const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();

function commitName() {
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "-dirty");
  } catch {
    return "no-commit"; // not a clone
  }
}

const commit = commitName();
const folder = join(root, ".setup/matrix", commit);

export function keep(result) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

function lineOf(name) {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) return "not run yet";
  const { reason, seconds, processor, load, ...counts } = JSON.parse(readFileSync(file, "utf8"));
  if (reason) return `not run: ${reason}`;
  return `${closingLine(counts)}; ${minutes(seconds)}, user and system ${minutes(processor)}, load ${load.toFixed(1)}`;
}

export function showTable(names) {
  console.log(`\nmatrix of ${commit} on ${cpus()[0]?.model ?? "an unknown processor"}`);
  const width = Math.max(...names.map((name) => name.length));
  for (const name of names) console.log(`  ${name.padEnd(width)}  ${lineOf(name)}`);
}
