/** The recipe of a run that exists, made again from its file. */

import { loadRecipe } from "./load-recipe.js";
import type { Recipe } from "./recipe.js";
import { type RecipeSource, recipeSource, runSource } from "./resolved-recipe.js";
import { openRunFolder } from "./run-folder.js";

export interface RunRecipeOptions {
  /** Another file than the one that the run began with. */
  file?: string;
  /** Another seed. */
  seed?: number;
}

export async function runRecipe(
  dir: string,
  { file, seed }: RunRecipeOptions = {},
): Promise<{ recipe: Recipe & { name: string }; source: RecipeSource; seed: number }> {
  const { recipe: resolved, manifest } = openRunFolder(dir);
  const begun = runSource(resolved, dir);
  const source = recipeSource(file ?? begun.file, begun.smoke);
  const chosen = seed ?? manifest.seed;
  return { recipe: await loadRecipe(source.file, { smoke: source.smoke, seed: chosen }), source, seed: chosen };
}
