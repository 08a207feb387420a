/** What a run needs to go on where it stopped, part by part, and the putting of each part back into its place. */

import { loadCheckpoint, saveCheckpoint, type TensorGroups } from "../checkpoint/index.js";
import type { LossScalerState } from "../optim/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { EvalRow } from "./run-folder.js";
import type { Session } from "./session.js";

/** How far a run has come. The loader's place and the learning rate follow from the step. */
export interface Progress {
  step: number;
  /** The last step after which the student was looked at. */
  looked: number;
  /** The verdict of highest top-1 so far, which the best student has; null before the first. */
  best: Pick<EvalRow, "step" | "weights" | "top1"> | null;
  /** Steps left out in a row before this one, for something was not finite. */
  skipped: number;
}

/** One part of a run's state: tensors by key, and what is plain JSON. A new kind of state is one more of these in `partsOf`. */
interface Part {
  tensors?: () => Map<string, Tensor>;
  json?: () => unknown;
  /** Copies values in; the tensors are the checkpoint's own. */
  load(tensors: Map<string, Tensor>, json: never): void;
}

type Parts = Record<string, Part>;

/** Every part, by the name that it has in a checkpoint. */
function partsOf(session: Session): Parts {
  const { student, extras, ema, optimizer, scaler } = session;
  return {
    student: stateOf(student),
    ...(extras && { extras: stateOf(extras) }),
    ...(ema && { ema: stateOf(ema) }),
    optimizer: {
      tensors: () => optimizer.stateDict().tensors,
      json: () => optimizer.stateDict().steps,
      load: (tensors, steps: Record<string, number>) => optimizer.loadStateDict({ tensors, steps }),
    },
    ...(scaler && { scaler: { json: () => scaler.state(), load: (_, state: LossScalerState) => scaler.restore(state) } }),
    random: {
      tensors: () => session.randomState(),
      load: (tensors) => session.restoreRandomState(tensors),
    },
  };
}

interface HasState {
  stateDict(): Map<string, Tensor>;
  loadStateDict(state: Map<string, Tensor>): void;
}

const stateOf = (holder: HasState): Part => ({
  tensors: () => holder.stateDict(),
  load: (tensors) => holder.loadStateDict(tensors),
});

interface State extends Progress {
  parts: Record<string, unknown>;
}

/** Writes the checkpoint `path`, a .json and its tensors beside it. */
export function saveProgress(path: string, session: Session, progress: Progress): void {
  tidy(() => {
    const state: State = { ...progress, parts: checkpointValues(session) };
    saveCheckpoint(path, checkpointTensors(session), state);
  });
}

/** Puts the session where the checkpoint left it. */
export function restoreProgress(path: string, session: Session): Progress {
  return tidy(() => {
    const { groups, state } = loadCheckpoint<State>(path, { device: session.device });
    const { parts: stored, ...progress } = state;
    const parts = partsOf(session);
    checkSame(Object.keys(parts), Object.keys(stored), path);
    for (const [name, part] of Object.entries(parts)) part.load(groups[name], stored[name] as never);
    return progress;
  });
}

/** Of every part what is no tensor, null where there is nothing. */
export const checkpointValues = (session: Session): Record<string, unknown> =>
  Object.fromEntries(Object.entries(partsOf(session)).map(([name, { json }]) => [name, json?.() ?? null]));

/** All tensors that a checkpoint holds; the states of the random streams are new ones, for a scope to free. */
export const checkpointTensors = (session: Session): TensorGroups =>
  Object.fromEntries(Object.entries(partsOf(session)).map(([name, { tensors }]) => [name, tensors?.() ?? new Map()]));

/** A part that one of the two has not would be lost, or begun anew, in silence. */
function checkSame(mine: readonly string[], stored: readonly string[], path: string): void {
  const remedy = "Resume with the recipe that wrote it, or begin a new run from its student.";
  const missing = mine.find((name) => !stored.includes(name));
  if (missing !== undefined)
    throw new UserError("ERR_CHECKPOINT", `the checkpoint has no ${missing}, and the recipe has`, { where: path, remedy });
  const unknown = stored.find((name) => !mine.includes(name));
  if (unknown !== undefined)
    throw new UserError("ERR_CHECKPOINT", `the checkpoint has ${unknown}, and the recipe has not`, { where: path, remedy });
}
