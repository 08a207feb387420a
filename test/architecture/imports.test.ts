/** The import arrows of src/: left may import right, nothing points back. The failure names the arrow that was crossed. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../../src");

const engine = ["models", "checkpoint", "nn", "torch"];
const parts = ["methods", "data", "augment", "optim", "distributed"];

/** What each folder may import beside itself. Data and augment hand over bytes: their workers never load the addon. */
const mayImport: Record<string, readonly string[]> = {
  torch: [],
  nn: ["torch"],
  checkpoint: ["torch"],
  models: ["checkpoint", "nn", "torch"],
  data: [],
  augment: ["data"],
  methods: engine,
  optim: engine,
  distributed: engine,
  export: ["models", "torch"],
  train: [...parts, ...engine],
  report: ["train"],
  cli: ["report", "export", "train", ...parts, ...engine],
};

interface Import {
  file: string;
  target: string;
}

const importLine = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(importLine)].map(([, path]) => ({ file, target: normalize(join(dirname(file), path)) }));
}

const scripts = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(folder, name))
    : [];

const files = scripts(src).map((file) => relative(src, file));
const folderOf = (path: string) => (path.includes("/") ? path.split("/")[0] : "");

/** Files at the top of src/ are words that all share (errors, spelling), beside index.js, the public face. */
function isAllowed({ file, target }: Import): boolean {
  const [from, to] = [folderOf(file), folderOf(target)];
  if (target.startsWith("..") || target === "index.js") return false;
  if (from === to) return true;
  if (file === "index.ts") return to !== "cli";
  if (to === "") return from !== "torch";
  return mayImport[from]?.includes(to) ?? false;
}

test("no import crosses an arrow", () => {
  const crossed = files.flatMap(importsOf).filter((line) => !isAllowed(line));
  expect(crossed.map(({ file, target }) => `src/${file} → src/${target}`)).toEqual([]);
});

test("every folder has its place among the arrows", () => {
  const folders = new Set(files.map(folderOf).filter((name) => name !== ""));
  expect([...folders].filter((name) => !(name in mayImport))).toEqual([]);
});

test("only src/torch loads the addon", () => {
  const loaders = files.filter((file) => readFileSync(join(src, file), "utf8").includes("vit_distill.node"));
  expect(loaders.filter((file) => folderOf(file) !== "torch")).toEqual([]);
});

test("recipes and examples see the public face only", () => {
  const root = join(src, "..");
  const shown = ["recipes", "examples"].flatMap((folder) => scripts(join(root, folder)));
  const inside = shown.filter((file) => /"(\.\.\/)+(src|dist)\//.test(readFileSync(file, "utf8")));
  expect(inside.map((file) => relative(root, file))).toEqual([]);
});
