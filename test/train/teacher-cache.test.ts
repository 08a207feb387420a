/** A run with a cached teacher: filled, found again by another run, checked, and the same whatever was there. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mixup } from "../../src/augment/index.js";
import { type CachedTeacher, cached } from "../../src/models/index.js";
import { adamW } from "../../src/optim/index.js";
import { memory } from "../../src/torch/index.js";
import { fillCache, plan, type Recipe, train, verifyCache } from "../../src/train/index.js";
import { master, toyRecipe } from "./toys.js";

const root = mkdtempSync(join(tmpdir(), "cached-runs-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const fresh = () => join(root, `${folders++}`);

/** A recipe over a cache, and the counts of the teachers that it made. */
function recipeOver(dir: string, change: Partial<Recipe["data"]> = {}) {
  const { data } = toyRecipe();
  const made: CachedTeacher[] = [];
  const recipe = toyRecipe({
    teachers: [
      () => {
        made.push(cached(() => master(), { dir })());
        return made.at(-1)!;
      },
    ],
    data: { ...data, mix: mixup({ alpha: 0.8, cutmix: 1 }), views: 2, ...change },
  });
  return { recipe, counts: () => made.at(-1)!.counts };
}

async function losses(recipe: Recipe): Promise<{ losses: number[]; notes: string[] }> {
  const losses: number[] = [];
  let notes: string[] = [];
  for await (const event of train(recipe, { dir: fresh(), doctor: false })) {
    if (event.kind === "begin") notes = event.notes;
    if (event.kind === "step") losses.push(event.loss);
  }
  return { losses, notes };
}

test("the third epoch finds the first's views, and another run finds everything and is the same to the bit", async () => {
  const before = memory().tensors;
  const dir = fresh();
  const first = recipeOver(dir);
  const cold = await losses(first.recipe);
  expect(first.counts()).toEqual({ found: 60, asked: 120 + 30 }); // 60 pictures, 3 epochs, 2 views; 30 of validation, asked once
  expect(cold.notes.find((note) => note.includes(dir))).toMatch(/\bcait\b.* 0\.4 kB .* 47\.5 kB .*\b60\b.*\b2\b.* 0\.0 kB/);
  const second = recipeOver(dir);
  expect((await losses(second.recipe)).losses).toEqual(cold.losses);
  expect(second.counts()).toEqual({ found: 180 + 30, asked: 0 });
  expect(memory().tensors).toBe(before);
});

test("without views every epoch is another, and a run of other settings finds this one's", async () => {
  const dir = fresh();
  const first = recipeOver(dir, { views: undefined });
  await losses(first.recipe);
  expect(first.counts()).toEqual({ found: 0, asked: 180 + 30 });
  const second = recipeOver(dir, { views: undefined });
  await losses({ ...second.recipe, optimizer: adamW({ lr: 1e-2 }) });
  expect(second.counts()).toEqual({ found: 180 + 30, asked: 0 });
});

test("filled beforehand, nobody is asked in training; checked, it holds; changed, it does not", async () => {
  const before = memory().tensors;
  const dir = fresh();
  const { recipe, counts } = recipeOver(dir);
  let last = {};
  for await (const event of fillCache(recipe)) last = event;
  expect(last).toEqual({ batch: 10, batches: 10, found: 0, asked: 120 });
  await losses(recipe);
  expect(counts()).toEqual({ found: 180, asked: 30 });
  const [check] = await verifyCache(recipe, { pictures: 20 });
  expect(check).toEqual({ teacher: "cait", dir: expect.stringContaining("cait-"), pictures: 24, logits: 0, taps: 0, ok: true });

  const file = join(check.dir, "00000.records");
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length; at += 50) bytes[at] ^= 0x40;
  writeFileSync(file, bytes);
  await expect(verifyCache(recipe)).rejects.toThrowCode("ERR_CACHE", /\b12\b.*\b12\b/); // damaged is not known
  expect(memory().tensors).toBe(before);
});

test("a plan asks the teacher and leaves nothing", async () => {
  const dir = fresh();
  const { notes } = await plan(recipeOver(dir).recipe);
  expect(notes.some((note) => note.includes("cait") && note.includes(dir))).toBe(true);
  expect(existsSync(dir)).toBe(false);
});

test("a recipe without a cached teacher has nothing to fill", async () => {
  await expect(fillCache(toyRecipe()).next()).rejects.toThrowCode("ERR_CACHE", "cached(", 'dir: "cache"');
});
