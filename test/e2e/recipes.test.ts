/** Every recipe loads, and runs in small: here the small ones and one of ImageNet's, all of them in the matrix's row "recipes". */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadRecipe, openRunFolder, recipeSource, train } from "../../src/train/index.js";
import { vitDistill } from "./command.js";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "vit-distill-recipes-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const recipes = readdirSync(join(root, "recipes"), { recursive: true, encoding: "utf8" })
  .map((file) => join("recipes", file))
  .filter((file) => file.endsWith(".ts") && readFileSync(join(root, file), "utf8").includes("export default"));

test("there are recipes, and each says its command", () => {
  expect(recipes.length).toBeGreaterThan(5);
  for (const file of recipes) expect(readFileSync(join(root, file), "utf8")).toContain(`vit-distill train ${file}`);
});

const all = process.env.VIT_DISTILL_RECIPES === "all";
const chosen = recipes.filter((file) => all || !file.includes("imagenet") || file.endsWith("manifold-deit-tiny-xxs24.ts"));

test.each(recipes.filter((file) => !chosen.includes(file)))("%s loads", async (file) => {
  expect(await loadRecipe(join(root, file), { smoke: true })).toMatchObject({ student: expect.any(Function) });
});

test.each(chosen)("%s", async (file) => {
  const path = join(root, file);
  const dir = join(scratch, basename(file, ".ts"));
  const recipe = await loadRecipe(path, { smoke: true });
  for await (const event of train(recipe, { dir, source: recipeSource(path, true) })) {
    if (event.kind === "step") expect(Number.isFinite(event.loss)).toBe(true);
  }
  expect(
    openRunFolder(dir)
      .readMetrics()
      .some((row) => row.kind === "eval"),
  ).toBe(true);
});

test("the quick start prints its table", async () => {
  const { code, out } = await vitDistill(["start", "--smoke", "--dir", join(scratch, "start")], scratch);
  expect(code).toBe(0);
  for (const label of ["teacher", "student alone", "student, soft KL", "student, manifold"])
    expect(out).toMatch(new RegExp(`^${label} +\\d`, "m"));
  expect(out).toContain("student.safetensors");
});
