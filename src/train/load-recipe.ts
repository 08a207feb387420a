/** From a recipe file to a checked recipe; whatever is wrong with the file becomes one sentence. */
import { statSync } from "node:fs";
import { register } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { codeOf } from "../error-codes.js";
import { fileError, UserError } from "../user-error.js";
import { checkRecipe, type Recipe, type RecipeFactory, type RecipeOptions } from "./recipe.js";

/** Import `file` (TypeScript or JavaScript) and make its recipe. */
export async function loadRecipe(
  file: string,
  { smoke = false, seed = 0 }: Partial<RecipeOptions> = {},
): Promise<Recipe & { name: string }> {
  const make = await importRecipe(file);
  const recipe = checkRecipe(made(make, { smoke, seed }, file), shown(file));
  return { ...recipe, name: recipe.name ?? basename(file).replace(/\.[cm]?[jt]s$/, "") };
}

async function importRecipe(file: string): Promise<RecipeFactory> {
  try {
    if (!statSync(file).isFile()) throw new UserError("ERR_FILE", "is not a file", { where: shown(file) });
  } catch (error) {
    throw error instanceof UserError ? error : fileError(error, "read the recipe", shown(file));
  }
  registerHooks();
  const { default: recipe } = await import(/* @vite-ignore */ pathToFileURL(resolve(file)).href).catch((error) => {
    throw recipeError(error, file);
  });
  if (typeof recipe === "function") return recipe;
  throw new UserError("ERR_RECIPE", "exports no recipe", {
    where: shown(file),
    remedy: "End it in `export default defineRecipe(({ smoke }) => ({ … }))`.",
  });
}

let registered = false;

// where our own sources run as TypeScript (tests, tools), what runs them runs recipes too
function registerHooks(): void {
  if (registered || import.meta.url.endsWith(".ts")) return;
  register("./recipe-hooks.js", { parentURL: import.meta.url, data: { packageFolder: new URL("../", import.meta.url).href } });
  process.setSourceMapsEnabled(true);
  registered = true;
}

function made(make: RecipeFactory, options: RecipeOptions, file: string): Recipe {
  try {
    return make(options);
  } catch (error) {
    throw recipeError(error as Error, file);
  }
}

/** What went wrong while the recipe's code was read or run, with the line where it did. */
function recipeError(error: Error & { code?: string }, file: string): UserError {
  if (error instanceof UserError) return error;
  if (error.code === "ERR_RECIPE_SYNTAX") return new UserError("ERR_RECIPE_SYNTAX", shown(error.message), { cause: error });
  const [message] = shown(`${error.message ?? error}`).split("\n");
  const isSlip = ["TypeError", "ReferenceError", "SyntaxError"].includes(error.name) && error.code === undefined;
  return new UserError(codeOf(error, "ERR_RECIPE"), isSlip ? `${error.name}: ${message}` : message, {
    where: lineIn(error, file),
    cause: error,
  });
}

/** The first place in the stack that is in a TypeScript file, or the recipe itself. */
function lineIn(error: Error, file: string): string {
  const place = /(?:file:\/\/)?(\/[^\s()]*\.ts:\d+)/.exec(error.stack ?? "");
  return shown(place?.[1] ?? resolve(file));
}

/** Paths as the user would type them: without the working folder. */
function shown(text: string): string {
  return text.replaceAll(`${process.cwd()}/`, "");
}
