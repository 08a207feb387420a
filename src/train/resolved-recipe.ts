/** A recipe as plain JSON, with every default filled in: what the run folder keeps of it. */
import { resolve } from "node:path";
import { hashFile } from "../checkpoint/index.js";
import type { Model } from "../models/index.js";
import { UserError } from "../user-error.js";
import type { Recipe } from "./recipe.js";

/** Where a recipe came from: enough to make it again. */
export interface RecipeSource {
  file: string;
  sha256: string;
  smoke: boolean;
}

export interface ResolvedRecipe {
  /** Null for a recipe that was made in a program. */
  source: RecipeSource | null;
  name: string;
  student: unknown;
  teachers: unknown[];
  [field: string]: unknown;
}

export interface ResolveOptions {
  source: RecipeSource | null;
  name: string;
  student: Model;
  teachers: readonly Model[];
  /** Values that the command line or the trainer settled, such as seed, device, precision. */
  settled: Record<string, unknown>;
}

export function recipeSource(file: string, smoke: boolean): RecipeSource {
  return { file: resolve(file), sha256: hashFile(file), smoke };
}

/** Where the recipe of the run in `dir` came from; a run that a program made has no file to make it from again. */
export function runSource({ source }: ResolvedRecipe, dir: string): RecipeSource {
  if (source) return source;
  throw new UserError("this run was made by a program, not from a recipe file, so it cannot be made again from here", {
    where: dir,
  });
}

export function resolveRecipe(recipe: Recipe, { source, name, student, teachers, settled }: ResolveOptions): ResolvedRecipe {
  const described = Object.fromEntries(
    Object.entries({ ...recipe, ...settled }).map(([field, value]) => [field, describe(value)]),
  );
  const { name: method, options } = recipe.method;
  return {
    ...described,
    method: describe({ name: method, options }),
    source,
    name,
    student: describeModel(student),
    teachers: teachers.map(describeModel),
  };
}

function describeModel(model: Model): unknown {
  return { ...(describe(model.info) as object), parameters: model.parameterCount() };
}

/** Plain JSON of anything a recipe may hold: functions by their options or their text, arrays of numbers by their size. */
export function describe(value: unknown): unknown {
  if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "function") return describeFunction(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.map(describe);
  if (typeof value !== "object") return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, describe(item)]));
}

function describeFunction(make: object): unknown {
  if (Object.keys(make).length > 0) return describe({ ...make });
  const text = String(make).replace(/\s+/g, " ");
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
