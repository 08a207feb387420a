/** The run folder: the only thing that training shares with whatever watches it. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { writeFileAtomic, writeJsonAtomic } from "../checkpoint/write-atomic.js";
import { fileError, UserError } from "../user-error.js";
import type { Scores } from "./evaluate.js";
import type { Manifest } from "./manifest.js";
import type { ResolvedRecipe } from "./resolved-recipe.js";
import type { Summary } from "./summary.js";
import { EventFile, scalarsOf } from "./tensorboard/index.js";

/** A logged training step, a line of metrics.jsonl. */
export interface TrainRow {
  kind: "train";
  step: number;
  epoch: number;
  /** Milliseconds since 1970. */
  time: number;
  /** The method's named terms; `loss` is their sum. */
  terms: Record<string, number>;
  loss: number;
  lr: number;
  /** Before clipping; absent where it overflowed because of the loss's scale. */
  gradNorm?: number;
  /** Of the loss in the next step, under float16. */
  lossScale?: number;
  imagesPerSecond: number;
  /** Shares of the step's time, 0 to 1. */
  dataShare: number;
  teacherShare: number;
}

/** An evaluation, a line of metrics.jsonl. */
export interface EvalRow extends Scores {
  kind: "eval";
  step: number;
  epoch: number;
  time: number;
  split: "val" | "test";
  /** The weights as trained, or their moving average. */
  weights: "raw" | "ema";
  /** Share of pictures on which student and first teacher name the same class. */
  agreement?: number;
}

/** A step that was left out because something in it was not finite. */
export interface FaultRow {
  kind: "fault";
  step: number;
  epoch: number;
  time: number;
  /** What was not finite: a loss term, the norm of the gradients, or the weights after the update. */
  what: "term" | "gradient" | "update";
  pass: "forward" | "backward" | "update";
  /** The terms at fault; of an update, the parameters. */
  terms: string[];
  /** Where it began, where that was found. */
  operator: string | null;
  layer: string | null;
  pictures: string[];
}

/** How the terms of a method pull at the student, after a step. */
export interface BalanceRow {
  kind: "balance";
  step: number;
  epoch: number;
  time: number;
  /** The term that the others are compared with: `task` where there is one, else the first. */
  reference: string;
  /** Of each term's gradient with respect to the student's weights. */
  norms: Record<string, number>;
  /** Of the sum of the norms, 0 to 1. */
  shares: Record<string, number>;
  /** Of the angle between a term's gradient and the reference's. */
  cosines: Record<string, number>;
}

export type MetricsRow = TrainRow | EvalRow | FaultRow | BalanceRow;

const MANIFEST = "manifest.json";
const RECIPE = "recipe.resolved.json";
const SUMMARY = "summary.json";

export class RunFolder {
  readonly dir: string;
  #curves: EventFile | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** The trained student alone, under its state-dict keys. */
  get student(): string {
    return join(this.dir, "student.safetensors");
  }

  /** The average of the student's weights, where the recipe keeps one. */
  get studentEma(): string {
    return join(this.dir, "student.ema.safetensors");
  }

  /** The names of the classes, by label, where the data has any. */
  get classes(): string {
    return join(this.dir, "classes.json");
  }

  /** The student, or the average of its weights, as it was when it named most of the validation pictures rightly. */
  get studentBest(): string {
    return join(this.dir, "student.best.safetensors");
  }

  /** The folder of what a resume needs. */
  get checkpoints(): string {
    return join(this.dir, "checkpoints");
  }

  /** The folder of what the last evaluations said in full. */
  get evaluation(): string {
    return join(this.dir, "evaluation");
  }

  get metrics(): string {
    return join(this.dir, "metrics.jsonl");
  }

  get recipe(): ResolvedRecipe {
    return this.#read(RECIPE);
  }

  set recipe(recipe: ResolvedRecipe) {
    writeJsonAtomic(join(this.dir, RECIPE), recipe);
  }

  get manifest(): Manifest {
    return this.#read(MANIFEST);
  }

  set manifest(manifest: Manifest) {
    writeJsonAtomic(join(this.dir, MANIFEST), manifest);
  }

  /** Null until the run has ended for the first time. */
  get summary(): Summary | null {
    return existsSync(join(this.dir, SUMMARY)) ? this.#read(SUMMARY) : null;
  }

  set summary(summary: Summary) {
    writeJsonAtomic(join(this.dir, SUMMARY), summary);
  }

  /** From now on metrics are written for TensorBoard too; `from` is the first step to come. */
  drawCurves({ from }: { from: number }): void {
    this.#curves = new EventFile(this.dir, { from });
  }

  appendMetrics(row: MetricsRow): void {
    this.#append("metrics.jsonl", JSON.stringify(row));
    this.#curves?.write(row.step, row.time, scalarsOf(row));
  }

  /** A line of train.log, with the time before it. */
  log(line: string): void {
    this.#append("train.log", `${new Date().toISOString()} ${line}`);
  }

  /** What was logged so far is on the disk itself when this returns. */
  syncMetrics(): void {
    if (!existsSync(this.metrics)) return;
    const file = openSync(this.metrics, "r");
    try {
      fsyncSync(file);
    } catch (error) {
      throw fileError(error, "write", this.metrics);
    } finally {
      closeSync(file);
    }
  }

  /** All metrics so far, up to a line that is still being written, or was when its process ended. */
  readMetrics(): MetricsRow[] {
    if (!existsSync(this.metrics)) return [];
    const whole = readFileSync(this.metrics, "utf8").split("\n").slice(0, -1).map(parseRow);
    const torn = whole.indexOf(null);
    return (torn === -1 ? whole : whole.slice(0, torn)) as MetricsRow[];
  }

  /** Forget what was logged after the step that a resume starts from, since it will be logged again. */
  keepMetricsUpTo(step: number): void {
    const kept = this.readMetrics().filter((row) => row.step <= step);
    writeFileAtomic(this.metrics, kept.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }

  #append(name: string, line: string): void {
    const path = join(this.dir, name);
    try {
      appendFileSync(path, `${line}\n`);
    } catch (error) {
      throw fileError(error, "write", path, `Go on with: vit-distill train --resume ${this.dir}`);
    }
  }

  #read<T>(name: string): T {
    const path = join(this.dir, name);
    try {
      return JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      if (error instanceof SyntaxError) throw new UserError("ERR_RUN_FOLDER", `is not JSON (${error.message})`, { where: path });
      throw fileError(error, "read", path);
    }
  }
}

function parseRow(line: string): MetricsRow | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

export interface NewRunOptions {
  /** The run's name; the folder is runs/<name>-<time> unless `dir` says otherwise. */
  name: string;
  dir?: string;
  /** Whether `dir` was claimed before, by `claimRunFolder`, and may hold what the run begins from. */
  claimed?: boolean;
  recipe: ResolvedRecipe;
  manifest: Manifest;
}

/** Make the folder with its recipe and manifest; refuses one that holds anything, unless it was claimed. */
export function createRunFolder({ name, dir, claimed = false, recipe, manifest }: NewRunOptions): RunFolder {
  const run = new RunFolder(claimed && dir !== undefined ? resolve(dir) : claimRunFolder({ name, dir }));
  run.manifest = manifest;
  run.recipe = recipe;
  return run;
}

/** Makes the folder of a run that is still being prepared, and returns its path; refuses one that holds anything. */
export function claimRunFolder({ name, dir }: Pick<NewRunOptions, "name" | "dir">): string {
  const path = dir ?? freshPath(join("runs", `${name}-${timestamp(new Date())}`));
  refuseFull(path);
  try {
    makeFolders(join(path, "checkpoints"));
  } catch (error) {
    throw fileError(error, "make the run folder", path, "Name another with --dir.");
  }
  return resolve(path);
}

/** The run in a folder that `createRunFolder` made. */
export function openRunFolder(dir: string): RunFolder {
  if (!existsSync(dir)) throw new UserError("ERR_RUN_FOLDER", "there is no such run folder", { where: dir });
  if (!isRunFolder(dir))
    throw new UserError("ERR_RUN_FOLDER", `this is no run folder: it has no ${MANIFEST} and ${RECIPE}`, { where: dir });
  return new RunFolder(resolve(dir));
}

export function isRunFolder(dir: string): boolean {
  return existsSync(join(dir, MANIFEST)) && existsSync(join(dir, RECIPE));
}

function refuseFull(path: string): void {
  if (!existsSync(path) || !statSync(path).isDirectory()) return;
  if (isRunFolder(path))
    throw new UserError("ERR_RUN_FOLDER", "there is a run in this folder already", {
      where: path,
      remedy: `Go on with it by --resume ${path}, or name another folder with --dir.`,
    });
  if (readdirSync(path).length > 0)
    throw new UserError("ERR_RUN_FOLDER", "the folder is not empty and holds no run", {
      where: path,
      remedy: "Name another with --dir.",
    });
}

/** 20250131-235959, local time. */
function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

// mkdir's own recursion never ends where a file system says ENOENT to what it will not make, as /proc does
function makeFolders(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  mkdirSync(path);
}

// two runs may begin within a second
function freshPath(path: string): string {
  if (!existsSync(path)) return path;
  for (let n = 2; ; n++) {
    if (!existsSync(`${path}-${n}`)) return `${path}-${n}`;
  }
}
