/**
 * Damaged teachers of other tools end in a sentence or answer; none ends the process or fills the memory. Each file is opened in a
 * process of its own, since what is feared is the end of that. A hundred rounds or so; VIT_DISTILL_DAMAGED=3000 asks for more:
 *
 *     VIT_DISTILL_DAMAGED=3000 npx vitest run test/e2e/damaged-teachers
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folderWith } from "./command.js";
import type { Opened } from "./open-damaged.js";

const ROUNDS = Number(process.env.VIT_DISTILL_DAMAGED ?? 0);

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function open(file: string, from: number, to: number): { opened: Opened[]; peak: number } {
  const folder = folderWith({});
  try {
    const program = ["--import", "tsx", path("open-damaged.ts"), path(`../models/foreign/${file}`), `${from}`, `${to}`, folder];
    const { stdout, signal, status, stderr } = spawnSync(process.execPath, program, { encoding: "utf8", maxBuffer: 2 ** 28 });
    const lines = stdout.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)); // biome-ignore format: one row
    if (status !== 0) throw new Error(`round ${from + lines.length} ended the process: ${signal ?? status} ${stderr}`);
    return { opened: lines.slice(0, -1), peak: lines.at(-1).peak };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ["vit-dict.pt", 150],
  ["vit-traced.pt", 150],
  ["vit.onnx", 60],
])("%s, damaged", (file, rounds) => {
  const count = ROUNDS || rounds;
  const { opened, peak } = open(file, 0, count);
  expect(opened).toHaveLength(count);
  for (const { end, code, words = "" } of opened) {
    expect(end, words).not.toBe("fails");
    if (end === "refused") expect(code, words).toMatch(/^ERR_/);
    expect(words).not.toMatch(/\n|Traceback|\.cpp|INTERNAL ASSERT/);
    expect(words.length).toBeLessThan(600);
  }
  const refused = opened.filter(({ end }) => end === "refused").length;
  expect(refused).toBeGreaterThan(count / 2);
  expect(refused).toBeLessThan(count);
  expect(peak).toBeLessThan(1.5e9);
});
