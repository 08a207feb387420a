/**
 * The checkpoints of a run, and the students beside them. What is written and in which order, so that a process that is killed between
 * any two of these leaves a run that goes on: the metrics reach the disk, the new checkpoint becomes whole, the students follow it,
 * and only then are older checkpoints removed. What a resume finds too old (students) or too new (metrics) it makes even again.
 */

import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkpointFault, removeCheckpoint, removeTemporaries, saveTensors } from "../checkpoint/index.js";
import { codeOf, type ErrorCode } from "../error-codes.js";
import { UserError } from "../user-error.js";
import type { FolderLock } from "./lock.js";
import { type Keep, keeping } from "./recipe.js";
import { type Progress, restoreProgress, saveProgress } from "./resume.js";
import type { EvalRow, RunFolder } from "./run-folder.js";
import type { Session } from "./session.js";

export interface CheckpointFile {
  step: number;
  /** The .json, beside which the tensors lie. */
  path: string;
}

/** Those in a run folder, the newest first, whether whole or damaged (`checkpointFault`). */
export function checkpointsOf({ checkpoints: folder }: Pick<RunFolder, "checkpoints">): CheckpointFile[] {
  if (!existsSync(folder)) return [];
  const steps = readdirSync(folder).flatMap((name) => /^step-(\d{8,})\.json$/.exec(name)?.slice(1).map(Number) ?? []);
  return steps.sort((a, b) => b - a).map((step) => ({ step, path: join(folder, `${nameOf(step)}.json`) }));
}

/** The newest checkpoint that is whole, and a sentence for each damaged one that is passed over; null where the run has none at all. */
export function newestWhole(run: RunFolder): { checkpoint: CheckpointFile; notes: string[] } | null {
  const found = checkpointsOf(run);
  if (found.length === 0) return null;
  const faults: string[] = [];
  for (const checkpoint of found) {
    const fault = checkpointFault(checkpoint.path);
    const notes = faults.map((fault) => `A damaged checkpoint is passed over: ${fault}; step ${checkpoint.step} is used.`);
    if (fault === null) return { checkpoint, notes };
    faults.push(fault);
  }
  throw new UserError("ERR_CHECKPOINT", `every checkpoint of this run is damaged: ${faults.join("; ")}`, {
    where: run.dir,
    remedy: `What was trained last is in ${run.student}; begin a new run, from it or anew.`,
  });
}

/** Where a run stands, and what is to be said about how it got there. */
export interface Standing {
  progress: Progress;
  notes: string[];
}

export const atBeginning = (): Standing => ({ progress: { step: 0, looked: 0, best: null, skipped: 0 }, notes: [] });

/** The better of the best so far and a new verdict; of equals the earlier. */
export const better = (best: Progress["best"], { step, weights, top1 }: EvalRow): Progress["best"] =>
  best !== null && best.top1 >= top1 ? best : { step, weights, top1 };

export class Checkpoints {
  readonly #run: RunFolder;
  readonly #lock: FolderLock;
  readonly #session: Session;
  readonly #keep: Required<Keep>;
  /** Steps whose checkpoints are whole as far as is known, the oldest first. */
  #kept: number[] = [];
  #savedAt = performance.now();
  /** The progress that the newest has, as JSON. */
  #saved: string | undefined;

  constructor(run: RunFolder, session: Session, lock: FolderLock) {
    this.#run = run;
    this.#lock = lock;
    this.#session = session;
    this.#keep = keeping(session.recipe);
  }

  /** Goes on from the newest whole checkpoint, or from the beginning where there is none yet, and makes the rest of the folder fit to it. */
  restore(): Standing {
    const run = this.#run;
    mkdirSync(run.checkpoints, { recursive: true }); // tools that copy may leave out an empty folder
    for (const folder of [run.dir, run.checkpoints]) removeTemporaries(folder);
    const found = newestWhole(run);
    run.keepMetricsUpTo(found?.checkpoint.step ?? 0);
    this.#removeUnfinished();
    if (found === null) return { ...atBeginning(), notes: ["There is no checkpoint yet: the run begins again."] };
    const { path, step: reached } = found.checkpoint;
    const progress = restoreProgress(path, this.#session);
    const steps = checkpointsOf(run).map(({ step }) => step);
    this.#kept = steps.filter((step) => step <= reached).reverse();
    this.#saved = JSON.stringify(progress);
    this.#writeStudents(progress);
    return { progress, notes: found.notes };
  }

  /** Whether it is time for the next one: the recipe's interval is over, or the student was never better. */
  isDue({ step, best }: Progress): boolean {
    return performance.now() - this.#savedAt >= 1000 * this.#keep.every || (this.#keep.best && best?.step === step);
  }

  /** When this returns, nothing up to the step can be lost. When it throws, nothing up to the checkpoint before. */
  save(progress: Progress): void {
    if (this.#saved === JSON.stringify(progress)) return;
    this.#lock.check();
    try {
      this.#run.syncMetrics();
      saveProgress(join(this.#run.checkpoints, `${nameOf(progress.step)}.json`), this.#session, progress);
      this.#kept = [...this.#kept.filter((step) => step !== progress.step), progress.step];
      this.#saved = JSON.stringify(progress);
      this.#writeStudents(progress);
      this.#prune(progress);
    } catch (error) {
      throw this.#withWayOn(error as Error, "ERR_CHECKPOINT");
    }
    this.#savedAt = performance.now();
  }

  /** What is made of pictures, as it comes. When they give out (a data worker dies, too many are unusable), what was learnt is saved before that is said. */
  async *saving<T>(source: AsyncIterable<T>, progress: Progress): AsyncGenerator<T, void, undefined> {
    try {
      yield* source;
    } catch (error) {
      if (progress.step > 0) this.save(progress);
      throw this.#withWayOn(error as Error, "ERR_DATA");
    }
  }

  #withWayOn(error: Error, otherwise: ErrorCode): Error {
    const step = this.#kept.at(-1);
    if (step === undefined) return error;
    const remedy = `All up to step ${step} is saved; go on with: vit-distill train --resume ${this.#run.dir}`;
    return new UserError(codeOf(error, otherwise), error.message, { remedy, cause: error });
  }

  /** Keeps the newest, and the best; what is damaged goes, too. */
  #prune({ best }: Progress): void {
    const newest = this.#kept.slice(-this.#keep.last);
    this.#kept = this.#kept.filter((step) => newest.includes(step) || (this.#keep.best && step === best?.step));
    const others = checkpointsOf(this.#run).filter(({ step }) => !this.#kept.includes(step));
    for (const { path } of others) removeCheckpoint(path);
  }

  /** Tensors for which no JSON vouches: a process ended between the two. */
  #removeUnfinished(): void {
    const folder = this.#run.checkpoints;
    const finished = new Set(checkpointsOf(this.#run).map(({ step }) => `${nameOf(step)}.safetensors`));
    const tensors = readdirSync(folder).filter((name) => /^step-\d+\.safetensors$/.test(name));
    for (const name of tensors) if (!finished.has(name)) rmSync(join(folder, name), { force: true });
  }

  /** The student alone, for whoever wants to use it: as it is, its average, and as it was best. */
  #writeStudents({ step, best }: Progress): void {
    const { student, ema, recipe } = this.#session;
    const { classes } = recipe.data.train;
    const metadata = {
      model: student.info.name,
      step: String(step),
      ...(classes.length > 0 && { classes: JSON.stringify(classes) }),
    };
    const states = { raw: student.stateDict(), ema: ema?.stateDict() };
    saveTensors(this.#run.student, states.raw, metadata);
    if (states.ema) saveTensors(this.#run.studentEma, states.ema, { ...metadata, weights: "ema" });
    if (best?.step !== step) return;
    const told = { ...metadata, weights: best.weights, top1: String(best.top1) };
    saveTensors(this.#run.studentBest, states[best.weights]!, told);
  }
}

const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}`;
