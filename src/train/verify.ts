/** Proof that a run can be resumed: the last step on record after a checkpoint, replayed from that checkpoint and compared bit for bit. */

import { relative } from "node:path";
import { checkpointFault } from "../checkpoint/index.js";
import type { Batch } from "../data/index.js";
import type { Device } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { checkpointsOf } from "./checkpoints.js";
import { firstWeightsOf } from "./first-weights.js";
import { checkSameRun, identify } from "./identity.js";
import type { Recipe } from "./recipe.js";
import type { RecipeSource } from "./resolved-recipe.js";
import { restoreProgress } from "./resume.js";
import { openRunFolder, type RunFolder } from "./run-folder.js";
import { runRecipe } from "./run-recipe.js";
import { Session } from "./session.js";
import { compareRecords, readRecord, recordOf, type StepRecord } from "./witness.js";

export interface Proof {
  /** The step that was replayed. */
  step: number;
  /** What it was replayed from: a checkpoint's path in the run folder, or null for the beginning. */
  checkpoint: string | null;
  /** Whether every bit is the same. */
  same: boolean;
  compared: { what: string; recorded: unknown; replayed: unknown; same: boolean }[];
  /** What was passed over, and what is not as when the run began. */
  notes: string[];
}

export interface VerifyOptions {
  /** The recipe, of a run that a program made; otherwise the file's that the run began with. */
  recipe?: Recipe;
  /** The run's own unless told. */
  device?: Device;
}

/** Changes nothing in the folder. Refuses a run whose recipe, pictures or teachers have changed: that would be another step. */
export async function verifyRun(dir: string, { recipe: given, device }: VerifyOptions = {}): Promise<Proof> {
  const run = openRunFolder(dir);
  const { manifest } = run;
  const { recipe, source }: { recipe: Recipe; source: RecipeSource | null } = given
    ? { recipe: given, source: null }
    : await runRecipe(dir);
  const { seed, precision } = manifest;
  const { after, path, recorded, notes } = lastOnRecord(run);
  const init = path === null ? firstWeightsOf(run) : null;
  using session = Session.open(recipe, { seed, precision, device: device ?? manifest.device, init });
  notes.push(...checkSameRun(identify(session, source), run));
  if (path !== null) restoreProgress(path, session);
  const replayed = await replay(session, after);
  const changed = new Set(compareRecords(recorded, replayed).map(({ field }) => field));
  const compared = rowsOf(recorded, replayed).map((row) => ({ ...row, same: !changed.has(row.field) }));
  return {
    step: recorded.step,
    checkpoint: path === null ? null : relative(run.dir, path),
    same: changed.size === 0,
    compared: compared.map(({ field: _, ...row }) => row),
    notes,
  };
}

interface OnRecord {
  /** The step that the replay starts behind. */
  after: number;
  /** Its checkpoint; null for the beginning. */
  path: string | null;
  recorded: StepRecord;
  notes: string[];
}

/** The newest whole checkpoint that was followed by a step; the beginning of the run where there is none. */
function lastOnRecord(run: RunFolder): OnRecord {
  const notes: string[] = [];
  for (const { step, path } of [...checkpointsOf(run), { step: 0, path: null }]) {
    const recorded = readRecord(run, step);
    const fault = path === null ? null : checkpointFault(path);
    if (recorded && fault === null) return { after: step, path, recorded, notes };
    if (path !== null)
      notes.push(fault === null ? `No step is on record after step ${step}.` : `A damaged checkpoint: ${fault}.`);
  }
  throw new UserError("ERR_REPLAY", "no step of this run is on record, so there is nothing to compare with", { where: run.dir });
}

async function replay(session: Session, after: number): Promise<StepRecord> {
  const { loader, schedule } = session;
  const batches = loader.epoch(Math.floor(after / loader.batches), { from: after % loader.batches });
  try {
    const { value } = await batches.next();
    const lr = schedule.lrAt(after);
    return recordOf(session, after + 1, session.step(value as Batch, lr), lr);
  } finally {
    await batches.return();
  }
}

/** Terms, norm, rate and hashes, each under the name of its field. */
function rowsOf(recorded: StepRecord, replayed: StepRecord) {
  const row = (what: string, field: string, of: (record: StepRecord) => unknown) => ({
    what,
    field,
    recorded: of(recorded),
    replayed: of(replayed),
  });
  const names = (group: "terms" | "state") => [...new Set([...Object.keys(recorded[group]), ...Object.keys(replayed[group])])];
  return [
    ...names("terms").map((name) => row(name, `terms.${name}`, ({ terms }) => terms[name])),
    row("loss", "loss", ({ loss }) => loss),
    row("gradient norm", "gradNorm", ({ gradNorm }) => gradNorm),
    row("learning rate", "lr", ({ lr }) => lr),
    ...names("state").map((part) => row(part, `state.${part}`, ({ state }) => state[part])),
  ];
}
