/** A recipe as plain JSON, with every default filled in: what the run folder keeps of it. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { hashFile } from "../checkpoint/index.js";
import type { Model } from "../models/index.js";
import { cosine } from "../optim/index.js";
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
  throw new UserError(
    "ERR_REPLAY",
    "this run was made by a program, not from a recipe file, so it cannot be made again from here",
    {
      where: dir,
    },
  );
}

export function resolveRecipe(recipe: Recipe, { source, name, student, teachers, settled }: ResolveOptions): ResolvedRecipe {
  const described = Object.fromEntries(
    Object.entries({ ...recipe, ...settled }).map(([field, value]) => [field, describe(value)]),
  );
  return {
    ...described,
    method: named(recipe.method),
    optimizer: named(recipe.optimizer),
    schedule: named(recipe.schedule ?? cosine()),
    source,
    name,
    student: describeModel(student),
    teachers: teachers.map(describeModel),
  };
}

/** What is made by a factory is known by its name and options. */
const named = ({ name, options }: { name: string; options: unknown }): unknown => describe({ name, options });

function describeModel(model: Model): unknown {
  return { ...(describe(model.info) as object), parameters: model.parameterCount(), settings: settingsOf(model) };
}

/** What the layers were set to besides their sizes, such as `blocks.*.drop_path.p`: one value, or one for each that the star stands for. */
function settingsOf(model: Model): Record<string, unknown> {
  const found = new Map<string, unknown[]>();
  for (const [path, module] of model.namedModules()) {
    for (const [field, value] of Object.entries(module)) {
      if (field === "training" || !isSetting(value)) continue;
      const key = `${path === "" ? "" : `${path}.`}${field}`.replace(/(?<=^|\.)\d+(?=\.)/g, "*");
      found.set(key, [...(found.get(key) ?? []), value]);
    }
  }
  const unequal = (values: unknown[]) => new Set(values.map((value) => JSON.stringify(value))).size > 1;
  return Object.fromEntries([...found].map(([key, values]) => [key, unequal(values) ? values : values[0]]));
}

const isSetting = (value: unknown): boolean =>
  ["number", "boolean", "string"].includes(typeof value) || (Array.isArray(value) && value.length > 0 && value.every(isSetting));

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

/** Characters of a function's text; the rest is told apart by its hash. */
const SHOWN = 200;

function describeFunction(make: object): unknown {
  if (Object.keys(make).length > 0) return describe({ ...make });
  const text = String(make).replace(/\s+/g, " ");
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (SHA-256 ${createHash("sha256").update(text).digest("hex")})` : text;
}
