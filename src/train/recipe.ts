/** A recipe: everything one experiment is, in one object that a file exports by default. */
import { z } from "zod";
import type { BatchOp, Dataset, ImageOp } from "../data/index.js";
import type { Method } from "../methods/index.js";
import type { Model } from "../models/index.js";
import { nearest } from "../nearest.js";
import type { OptimizerFactory, Schedule } from "../optim/index.js";
import { UserError } from "../user-error.js";
import type { MaskedTeacher } from "./masked-teacher.js";
import type { Precision } from "./precision.js";

export interface RecipeData {
  train: Dataset;
  /** Looked at while training. */
  val?: Dataset;
  /** Looked at by `vit-distill eval` only. */
  test?: Dataset;
  batchSize: number;
  /** Pictures as they are trained on, ending in floats. Default: the student's own mean and std, nothing else. */
  augment?: ImageOp;
  /** Pictures as they are evaluated on. Default: the same. */
  evalAugment?: ImageOp;
  /** Mixing within a batch. */
  mix?: BatchOp;
  /** Times that a training picture stands in a row, each time augmented anew: DeiT's repeated augmentation with 3. */
  repeats?: number;
  /** Ways in which the pictures are seen: epoch e repeats epoch e mod `views`, so that a cached teacher knows them. Every epoch its own unless given. */
  views?: number;
  /** Threads that decode and augment; 0 does it in the main one. Default: all cores but one, up to eight, for pictures in files. */
  workers?: number;
  /** The share of pictures that may be unusable before the run stops. Default: 0.05. */
  maxBad?: number;
}

export interface Accumulation {
  /** Parts of a batch; each term counts in each of them. Equal to the undivided batch for terms of single pictures. */
  steps: number;
  /** Whether terms that compare pictures with each other see the whole batch, for a second forward pass of the student. */
  gather?: boolean;
}

/** What a recipe's `accumulate` means, filled in. */
export const accumulation = ({ accumulate = 1 }: Recipe): Required<Accumulation> =>
  typeof accumulate === "number" ? { steps: accumulate, gather: false } : { gather: false, ...accumulate };

/** Which checkpoints lie in the run folder, and how often one is written. */
export interface Keep {
  /** So many of the newest; of two, the one before stands in for one that is damaged. Default: 2. */
  last?: number;
  /** Seconds of work that a crash may cost; with 0 every step is saved. Default: 60. */
  every?: number;
  /** Whether the one of the highest top-1 on `val` is kept, too. Default: it is. */
  best?: boolean;
}

/** What a recipe's `keep` means, filled in. */
export const keeping = ({ keep }: Recipe): Required<Keep> => ({ last: 2, every: 60, best: true, ...keep });

export interface NonFinite {
  /** Steps in a row that may be left out before the run stops. Default: 3. */
  skip: number;
}

/** What a recipe's `balanceEvery` means, filled in: with it, the looks cost less than 1 % of a run. */
export const balanceInterval = ({ balanceEvery = 250 }: Recipe): number => balanceEvery;

export interface Recipe {
  /** The run folder's name; the recipe file's name unless given. */
  name?: string;
  student: () => Model;
  teachers?: readonly (() => Model)[];
  /** Lets the teachers look at a share of the patches only, those that the student attends to: they cost about that share. */
  maskedTeacher?: MaskedTeacher;
  method: Method;
  data: RecipeData;
  /** How long: passes over the training pictures, or optimizer steps. */
  epochs?: number;
  steps?: number;
  optimizer: OptimizerFactory;
  schedule?: Schedule;
  /** In how many parts a batch goes through the models: less memory for the same step. See `Accumulation`. */
  accumulate?: number | Accumulation;
  /** float16, with its loss scaled, on GPUs only. Default: auto. */
  precision?: Precision | "auto";
  /** Decay of the exponential moving average of the weights, such as 0.9999. */
  ema?: number;
  /** The gradient norm beyond which it is scaled down. */
  clip?: number;
  /** What happens to a step in which something is NaN or Inf. */
  nonFinite?: NonFinite;
  /** Steps between two looks at how the terms compare, each a backward pass for every term; 0 for none. Default: 250. */
  balanceEvery?: number;
  seed?: number;
  /** Evaluate on `val` every so many epochs, or steps if the recipe counts steps. */
  evalEvery?: number;
  /** Write a metrics line every so many steps. */
  logEvery?: number;
  keep?: Keep;
}

/** What the command line tells a recipe. */
export interface RecipeOptions {
  /** A run of seconds that shows that everything fits together. */
  smoke: boolean;
  /** What --seed says, 0 unless given: for a recipe that draws more than its weights and order from it, such as a subset of the data. */
  seed: number;
}

export type RecipeFactory = (options: RecipeOptions) => Recipe;

/** What a recipe file exports by default. A variant calls another recipe and spreads it: `defineRecipe((o) => ({ ...base(o), epochs: 1200 }))`. */
export function defineRecipe(recipe: RecipeFactory | Recipe): RecipeFactory {
  return typeof recipe === "function" ? recipe : () => recipe;
}

/** The recipe, if it is one; `file` stands in the error otherwise. */
export function checkRecipe(value: unknown, file: string): Recipe {
  if (value instanceof Promise) throw new UserError("ERR_RECIPE", `expected a recipe, got ${show(value)}`, { where: file });
  const checked = recipeSchema.safeParse(value);
  if (checked.success) return checked.data;
  throw new UserError("ERR_RECIPE", checked.error.issues.map((issue) => sentence(issue, value)).join("; "), { where: file });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const hasBuild = (value: unknown): boolean => isObject(value) && typeof value.build === "function";
const leaf = <T>(expected: string, check: (value: unknown) => boolean) => z.custom<T>(check, expected);

const text = leaf<string>("text", (v) => typeof v === "string" && v !== "");
const isPositiveInteger = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const positiveInteger = leaf<number>("a positive integer", isPositiveInteger);
const wholeNumber = leaf<number>("a whole number from 0 up", (v) => Number.isSafeInteger(v) && (v as number) >= 0);
const positive = leaf<number>("a positive number", (v) => Number.isFinite(v) && (v as number) > 0);
const seconds = leaf<number>("a number of seconds from 0 up", (v) => Number.isFinite(v) && (v as number) >= 0);
const yesOrNo = leaf<boolean>("true or false", (v) => typeof v === "boolean");
const decay = leaf<number>("a number from 0 to 1", (v) => typeof v === "number" && v >= 0 && v < 1);
const share = leaf<number>("a share from 0 to 1", (v) => typeof v === "number" && v >= 0 && v <= 1);
const part = leaf<number>("a share above 0, up to 1", (v) => typeof v === "number" && v > 0 && v <= 1);
const makesModel = leaf<() => Model>(
  'a function that makes a model, such as () => createModel("deit_tiny_patch16_224")',
  (v) => typeof v === "function",
);
const method = leaf<Method>(
  "a method, such as manifold({ … })",
  (v) => isObject(v) && typeof v.name === "string" && typeof v.loss === "function",
);
const dataset = leaf<Dataset>(
  'a data set, such as imageFolder("photos/train")',
  (v) => isObject(v) && v.labels instanceof Int32Array && isObject(v.pictures) && Array.isArray(v.classes),
);
const imageOp = leaf<ImageOp>("an image operation, such as compose([flip(), normalise({ … })])", (v) => typeof v === "function");
const batchOp = leaf<BatchOp>("a batch operation, such as mixup({ … })", (v) => typeof v === "function");
const optimizer = leaf<OptimizerFactory>("an optimizer, such as adamW({ lr: 5e-4 })", hasBuild);
const schedule = leaf<Schedule>("a schedule, such as cosine({ … })", hasBuild);
const accumulate = leaf<number | Accumulation>("a number of parts, or { steps: 4, gather: true }", isAccumulation);
const precision = leaf<Precision | "auto">('"float32", "bfloat16", "float16" or "auto"', (v) =>
  ["float32", "bfloat16", "float16", "auto"].includes(v as string),
);
const nonFinite = leaf<NonFinite>("an object { skip: 3 }", isNonFinite);

const chosenBy = leaf<MaskedTeacher["by"]>('"attention" or "random"', (v) => v === "attention" || v === "random");

const maskSchema = z.strictObject(
  { keep: part, by: chosenBy.optional() },
  { error: objectError('an object { keep: 0.5, by: "attention" }') },
);

const dataSchema = z.strictObject(
  {
    train: dataset,
    val: dataset.optional(),
    test: dataset.optional(),
    batchSize: positiveInteger,
    augment: imageOp.optional(),
    evalAugment: imageOp.optional(),
    mix: batchOp.optional(),
    repeats: positiveInteger.optional(),
    views: positiveInteger.optional(),
    workers: wholeNumber.optional(),
    maxBad: share.optional(),
  },
  { error: objectError("an object { train, batchSize, … }") },
);

const keepSchema = z.strictObject(
  { last: positiveInteger.optional(), every: seconds.optional(), best: yesOrNo.optional() },
  { error: objectError("an object { last, every, best }") },
);

const fields = z.strictObject(
  {
    name: text.optional(),
    student: makesModel,
    teachers: z.array(makesModel, { error: "a list of functions that make a model" }).readonly().optional(),
    maskedTeacher: maskSchema.optional(),
    method,
    data: dataSchema,
    epochs: positiveInteger.optional(),
    steps: positiveInteger.optional(),
    optimizer,
    schedule: schedule.optional(),
    accumulate: accumulate.optional(),
    precision: precision.optional(),
    ema: decay.optional(),
    clip: positive.optional(),
    nonFinite: nonFinite.optional(),
    balanceEvery: wholeNumber.optional(),
    seed: wholeNumber.optional(),
    evalEvery: positiveInteger.optional(),
    logEvery: positiveInteger.optional(),
    keep: keepSchema.optional(),
  },
  { error: objectError("a recipe object { student, method, data, … }") },
);

const recipeSchema: z.ZodType<Recipe> = fields
  .refine((recipe) => (recipe.epochs === undefined) !== (recipe.steps === undefined), {
    params: { whole: "expected either epochs or steps" },
  })
  .refine((recipe) => accumulation(recipe).steps <= recipe.data.batchSize, {
    params: { whole: "accumulate: expected at most as many parts as data.batchSize has pictures" },
  });

function isAccumulation(value: unknown): boolean {
  if (!isObject(value)) return isPositiveInteger(value);
  const { steps, gather = false, ...others } = value;
  return isPositiveInteger(steps) && typeof gather === "boolean" && Object.keys(others).length === 0;
}

function isNonFinite(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { skip, ...others } = value;
  return Number.isSafeInteger(skip) && (skip as number) >= 0 && Object.keys(others).length === 0;
}

// zod asks the same function about unknown fields; it keeps its own words there, which sentence() rewrites
function objectError(expected: string): z.core.$ZodErrorMap {
  return (issue) => (issue.code === "invalid_type" ? expected : undefined);
}

/** One fault in words: `data.batchSize: expected a positive integer, got "64"`. */
function sentence(issue: z.core.$ZodIssue, recipe: unknown): string {
  const path = issue.path.map(String);
  const prefix = path.length > 0 ? `${path.join(".")}: ` : "";
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => prefix + unknownField(key, path)).join("; ");
  if (issue.code === "custom" && issue.params?.whole) return prefix + issue.params.whole;
  return `${prefix}expected ${issue.message}, got ${show(valueAt(recipe, path))}`;
}

const below: Readonly<Record<string, { shape: object }>> = { data: dataSchema, keep: keepSchema, maskedTeacher: maskSchema };

function unknownField(key: string, path: string[]): string {
  const known = Object.keys((below[path[0]] ?? fields).shape);
  const meant = nearest(key, known);
  return `unknown field "${key}"${meant ? ` (did you mean "${meant}"?)` : ` (known: ${known.join(", ")})`}`;
}

function valueAt(value: unknown, path: string[]): unknown {
  return path.reduce((at, key) => (at as Record<string, unknown>)[key], value);
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Promise) return "a promise (is an await missing?)";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
