/** Runs a program whose output is shown as it comes, and read when it has ended. Its closing line is set in: the last one is of all programs. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { root } from "../setup/paths.mjs";
import { readClosingLine } from "./counts.mjs";

/** @returns {Promise<{ status: number | null, stdout: string }>} */
export function show(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const lines = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line.trimStart());
    console.log(readClosingLine(line) ? `  ${line}` : line);
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status) => done({ status, stdout: lines.join("\n") }));
  });
}
