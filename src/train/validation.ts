/** When the student is looked at during a run, and what follows. A look that was broken off, or that its pictures ended, is made up for by the resume. */

import { better, type Checkpoints } from "./checkpoints.js";
import type { Judge } from "./judge.js";
import type { Progress } from "./resume.js";
import type { EvalRow, RunFolder } from "./run-folder.js";
import type { Session } from "./session.js";

export interface Validation {
  session: Session;
  judge: Judge;
  run: RunFolder;
  checkpoints: Checkpoints;
  signal: AbortSignal | undefined;
}

/** Looks at the student where that is due after the steps so far; logged is a whole look or none. */
export async function* validate(
  { session, judge, run, checkpoints, signal }: Validation,
  progress: Progress,
): AsyncGenerator<EvalRow, void, undefined> {
  const { step } = progress;
  const isOver = step === session.steps && step === progress.looked; // and only the reports of its end may be missing
  if (!(isOver || isDue(session, progress)) || signal?.aborted) return;
  const verdicts: EvalRow[] = [];
  try {
    const look = judge.look(step, Math.ceil(step / session.loader.batches), signal);
    for await (const verdict of checkpoints.saving(look, progress)) verdicts.push(verdict);
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }
  if (isOver) return;
  progress.looked = step;
  for (const verdict of verdicts) {
    run.appendMetrics(verdict);
    progress.best = better(progress.best, verdict);
    yield verdict;
  }
}

/** Every `evalEvery` epochs, or steps if the recipe counts steps; and at the end. */
function isDue({ recipe, loader, steps }: Session, { step, looked }: Progress): boolean {
  const every = recipe.steps === undefined ? loader.batches * (recipe.evalEvery ?? 1) : (recipe.evalEvery ?? steps);
  return step > looked && (step === steps || step % every === 0);
}
