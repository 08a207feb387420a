/** Child processes of set-up: their output goes to a log in .setup/; when they fail, what they call an error is shown. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./paths.mjs";
import { Refusal } from "./refusal.mjs";

const shown = 20;

/** The lines that a failed command calls errors (make, tsc, npm; apt writes E:), or its last ones. */
function gist(text) {
  const lines = text.trimEnd().split("\n");
  const errors = lines.filter((line) => /\berror\b|^E: /i.test(line));
  return (errors.length ? errors.slice(0, shown) : lines.slice(-shown)).join("\n");
}

/** What a command printed, or null when it could not run or failed. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** Runs a command to its end; when it fails, shows the gist of its output and refuses with `advice`. */
export function run(command, args, { log, advice, cwd = root, env = {} }) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
  const text = `${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}`;
  const folder = join(root, ".setup");
  const file = join(folder, `${log}.log`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  if (status === 0) return;
  console.error(gist(text));
  throw new Refusal(`\`${[command, ...args].join(" ")}\` failed. ${advice} The whole output is in ${relative(root, file)}.`);
}
