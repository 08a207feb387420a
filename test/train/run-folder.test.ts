import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Manifest } from "../../src/train/manifest.js";
import { createRunFolder, type EvalRow, openRunFolder } from "../../src/train/run-folder.js";

const root = mkdtempSync(join(tmpdir(), "runs-"));
afterAll(() => rmSync(root, { recursive: true }));

const recipe = { source: null, name: "tiny", student: {}, teachers: [] };
const manifest = { seed: 1 } as Manifest;
const create = (dir: string) => createRunFolder({ name: "tiny", dir, recipe, manifest });
const row = (step: number): EvalRow => ({
  kind: "eval",
  step,
  epoch: 1,
  time: 0,
  split: "val",
  weights: "raw",
  top1: 0.5,
  top5: 1,
  loss: 2,
  ece: 0.1,
  pictures: 10,
  unusable: 0,
});

test("a new folder holds its recipe and manifest, and opens again", () => {
  const dir = join(root, "deep", "er");
  const run = create(dir);
  expect(existsSync(join(dir, "checkpoints"))).toBe(true);
  expect(openRunFolder(dir).recipe).toEqual(recipe);
  expect(openRunFolder(dir).manifest).toEqual(manifest);
  run.log("hello");
  expect(readFileSync(join(dir, "train.log"), "utf8")).toMatch(/^\d{4}-\d\d-\d\dT.*Z hello\n$/);
});

test("without a name the folder is runs/<name>-<time>, and two in one second differ", () => {
  const before = process.cwd();
  process.chdir(root);
  try {
    const [a, b] = [1, 2].map(() => createRunFolder({ name: "tiny", recipe, manifest }).dir);
    expect(a).toMatch(/runs\/tiny-\d{8}-\d{6}$/);
    expect(b).not.toBe(a);
  } finally {
    process.chdir(before);
  }
});

test("metrics are lines; a resume forgets what came after its step; a torn line is not read", () => {
  const run = create(join(root, "metrics"));
  expect(run.readMetrics()).toEqual([]);
  for (const step of [1, 2, 3]) run.appendMetrics(row(step));
  appendFileSync(run.metrics, '{"kind":"ev');
  expect(run.readMetrics().map(({ step }) => step)).toEqual([1, 2, 3]);
  run.keepMetricsUpTo(2);
  run.appendMetrics(row(9));
  expect(run.readMetrics().map(({ step }) => step)).toEqual([1, 2, 9]);
});

test("refuses a folder that holds something else, and one that holds a run", () => {
  const full = join(root, "full");
  mkdirSync(full);
  create(full);
  expect(() => create(full)).toThrowCode("ERR_RUN_FOLDER", full, `--resume ${full}`, "--dir");
  const other = join(root, "other");
  mkdirSync(other);
  writeFileSync(join(other, "thesis.tex"), "");
  expect(() => create(other)).toThrowCode("ERR_RUN_FOLDER", other, "--dir");
  expect(() => openRunFolder(other)).toThrowCode("ERR_RUN_FOLDER", other, "manifest.json", "recipe.resolved.json");
  expect(() => openRunFolder(join(root, "none"))).toThrowCode("ERR_RUN_FOLDER", join(root, "none"));
});

test("an unwritable folder is a sentence", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  for (const dir of [file, join(file, "run")]) {
    expect(() => create(dir)).toThrowCode("ERR_FILE", dir, "--dir");
  }
  expect(() => create("/proc/run")).toThrowCode("ERR_FILE", "/proc/run", "--dir");
});
