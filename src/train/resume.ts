/** What a run needs to go on where it stopped: weights, optimizer, averages, random streams, and the step it had reached. */

import { loadCheckpoint, saveCheckpoint, type TensorGroups } from "../checkpoint/index.js";
import { tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { RunFolder } from "./run-folder.js";
import type { Session } from "./session.js";

/** How far a run has come. The loader's place follows from the step. */
export interface Progress {
  step: number;
}

interface State extends Progress {
  optimizerSteps: Record<string, number>;
}

export function saveProgress(run: RunFolder, session: Session, { step }: Progress): void {
  tidy(() => {
    const state: State = { step, optimizerSteps: session.optimizer.stateDict().steps };
    saveCheckpoint(run.checkpoint, checkpointTensors(session), state);
  });
}

/** Puts the session where the checkpoint left it, and forgets what was logged after it. */
export function restoreProgress(run: RunFolder, session: Session): Progress {
  return tidy(() => {
    const { groups, state } = loadCheckpoint<State>(run.checkpoint, { device: session.device });
    const mine = Object.keys(groupsOf(session));
    const missing = mine.find((name) => !(name in groups));
    if (missing)
      throw new UserError(`the checkpoint has no ${missing}`, {
        where: run.checkpoint,
        remedy: "Resume with the recipe that wrote it.",
      });
    session.student.loadStateDict(groups.student);
    session.extras?.loadStateDict(groups.extras);
    session.ema?.loadStateDict(groups.ema);
    session.optimizer.loadStateDict({ tensors: groups.optimizer, steps: state.optimizerSteps });
    session.restoreRandomState(groups.random);
    run.keepMetricsUpTo(state.step);
    return { step: state.step };
  });
}

/** All that a checkpoint holds; the states of the random streams are new tensors, for a scope to free. */
export const checkpointTensors = (session: Session): TensorGroups => ({
  ...groupsOf(session),
  optimizer: session.optimizer.stateDict().tensors,
  random: session.randomState(),
});

function groupsOf({ student, extras, ema }: Session): TensorGroups {
  return {
    student: student.stateDict(),
    ...(extras && { extras: extras.stateDict() }),
    ...(ema && { ema: ema.stateDict() }),
  };
}
