/** The README's method and recipe, as a reader would type them in, train through the command line. */

import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fashionMnistFolder, openRunFolder } from "vit-distill";
import { expect, test } from "vitest";
import { blocksOf, root } from "../docs/pages.js";
import { vitDistill } from "./command.js";

const files = blocksOf("README.md").flatMap(({ note, code }) => {
  const name = note.match(/^file (\S+)$/)?.[1];
  return name ? [{ name, code }] : [];
});

test("the README's recipe trains with the README's method", async ({ skip }) => {
  if (!existsSync(fashionMnistFolder())) skip("Fashion-MNIST is not here");
  expect(files.map(({ name }) => name)).toEqual(["last-hint.ts", "my-recipe.ts"]);
  const folder = mkdtempSync(join(tmpdir(), "vit-distill-readme-"));
  try {
    for (const { name, code } of files) writeFileSync(join(folder, name), code);
    symlinkSync(join(root, "recipes"), join(folder, "recipes"));
    const { code, err } = await vitDistill(["train", "my-recipe.ts", "--smoke", "--no-doctor", "--dir", "run"], folder);
    expect(code, err).toBe(0);
    const rows = openRunFolder(join(folder, "run")).readMetrics();
    const { step, terms } = rows.find(({ kind }) => kind === "train") as { step: number; terms: Record<string, number> };
    expect(step).toBe(4);
    expect(Object.keys(terms)).toEqual(["task", "soft", "hint"]);
    expect(Object.values(terms).every(Number.isFinite)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
