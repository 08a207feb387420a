/** Which sources a number was measured with. */
import { spawnSync } from "node:child_process";

function git(...args: string[]): string | null {
  const { status, stdout } = spawnSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** The commit checked out, told apart from one with changes to what is not a result; null outside of a clone. */
export function commit(): string | null {
  const name = git("rev-parse", "--short", "HEAD");
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!results");
  return name && (changed ? `${name} with changes` : name);
}
