/** A captured step computed again: whether the same comes out, also in another precision. */

import { hashFile } from "../../checkpoint/index.js";
import { type Device, tidy } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import { loadRecipe } from "../load-recipe.js";
import type { Precision } from "../precision.js";
import type { Recipe } from "../recipe.js";
import { Session } from "../session.js";
import { type Capture, readCapture, restoreCapture } from "./capture.js";
import { type Fault, findFault, isSameFault } from "./fault.js";

export interface ReplayOptions {
  /** Instead of the run's own. */
  precision?: Precision;
  /** Instead of the run's own. */
  device?: Device;
  /** Instead of the recipe's file: of a run that a program made. */
  recipe?: Recipe;
}

export interface Replay {
  /** As it was captured. */
  captured: Fault;
  /** As it came out now; null where everything is finite. */
  found: Fault | null;
  /** Whether they are the same. */
  reproduced: boolean;
  precision: Precision;
  /** What is not as it was when the run left the step out. */
  notes: string[];
}

/** Takes the step in `file` again. Throws a UserError where the file is no capture, or its recipe is gone. */
export async function replay(file: string, { precision, device, recipe }: ReplayOptions = {}): Promise<Replay> {
  const capture = tidy(() => readCapture(file));
  try {
    return await again(file, capture, { precision, device, recipe });
  } finally {
    for (const tensor of Object.values(capture.groups).flatMap((group) => [...group.values()])) tensor.dispose();
  }
}

async function again(file: string, capture: Capture, { precision, device, recipe }: ReplayOptions): Promise<Replay> {
  const { state, batch } = capture;
  const { fault: captured, source, seed } = state;
  if (!recipe && !source)
    throw new UserError("ERR_REPLAY", "this step is of a run that a program made: give its recipe", {
      where: file,
      remedy: "replay(file, { recipe }) in a program.",
    });
  const made = recipe ?? (await loadRecipe(source!.file, { smoke: source!.smoke, seed }));
  const changed = source !== null && !recipe && hashFile(source.file) !== source.sha256;
  using session = Session.open({ ...made, precision: precision ?? state.precision }, { seed, device: device ?? state.device });
  return tidy(() => {
    const others = restoreCapture(session, capture);
    const { breach } = session.step(batch, captured.lr);
    if (breach) session.restore(breach.before);
    const found = breach && findFault(session, batch, breach, captured.step);
    return {
      captured,
      found,
      reproduced: found !== null && isSameFault(captured, found),
      precision: session.precision,
      notes: [
        ...(changed ? [`${source.file} has changed since the run`] : []),
        ...others.map((name) => `the teacher ${name} has other weights than in the run`),
      ],
    };
  });
}
