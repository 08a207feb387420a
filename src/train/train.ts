/** Training: a run from its recipe, told as it happens. `for await (const event of train(recipe))`. */

import type { BadPicture } from "../data/index.js";
import type { Device } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { BalanceWatch } from "./balance.js";
import { atBeginning, Checkpoints } from "./checkpoints.js";
import { consult, remarks } from "./doctor/index.js";
import { writeReports } from "./evaluation/index.js";
import type { TrainEvent } from "./events.js";
import { beginningOf, firstWeights } from "./first-weights.js";
import { adopt, beginRun, checkSameRun, identify } from "./identity.js";
import { Judge } from "./judge.js";
import { FolderLock } from "./lock.js";
import { Faults } from "./non-finite/index.js";
import { checkRecipe, type Recipe } from "./recipe.js";
import type { RecipeSource } from "./resolved-recipe.js";
import { openRunFolder, type TrainRow } from "./run-folder.js";
import { Session } from "./session.js";
import { summarise } from "./summary.js";
import { validate } from "./validation.js";
import { Witness } from "./witness.js";

export interface TrainOptions {
  /** The run folder; runs/<name>-<time> unless told. */
  dir?: string;
  /** Whether `dir` was claimed for this run (`claimRunFolder`) and holds what it begins from. */
  claimed?: boolean;
  /** Begin with these weights instead of the recipe's own: a weight file, or a run's student (`RUN`, `RUN#ema`, `RUN#best`). */
  init?: string;
  /** Go on with the run in this folder instead of beginning one. */
  resume?: string;
  /** Go on even with another recipe, other pictures or other teachers than the run began with. */
  force?: boolean;
  /** The CPU unless told, or what the run that is resumed was on. */
  device?: Device;
  /** Instead of the recipe's, or of the run's that is resumed. */
  seed?: number;
  /** The file that the recipe came from, so that the run can be resumed and evaluated later. */
  source?: RecipeSource;
  /** Look at the teachers first, and refuse a bad one. A run that is resumed had its look. */
  doctor?: boolean;
  /** Aborting it ends the run after the step at hand, with a checkpoint. */
  signal?: AbortSignal;
}

/** Runs a recipe. Yields every step; the run folder has what was logged. The student is saved when it ends, however it ends. */
export async function* train(
  recipe: Recipe,
  { dir, claimed, init, resume, force, device, seed, source, doctor = true, signal }: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, undefined> {
  checkRecipe(recipe, source?.file ?? "recipe");
  if (init !== undefined && resume !== undefined)
    throw new UserError("ERR_USAGE", "init begins a new run from weights, and resume goes on with a run", {
      remedy: "Give one of them.",
    });
  const past = resume === undefined ? null : openRunFolder(resume);
  using session = Session.open(recipe, {
    seed: seed ?? past?.manifest.seed ?? recipe.seed ?? 0,
    device: device ?? past?.manifest.device ?? "cpu",
    precision: past?.manifest.precision,
    init: past ? beginningOf(past) : init === undefined ? null : firstWeights(init),
  });
  const diagnosis = doctor && !past ? await consult(session, { smoke: source?.smoke ?? false }) : null;
  const identity = identify(session, source ?? null);
  const changed = past ? checkSameRun(identity, past, { force }) : [];
  const run = past ?? beginRun(identity, { dir, claimed });
  using lock = new FolderLock(run.dir);
  const checkpoints = new Checkpoints(run, session, lock);
  const { progress, notes: found } = past ? checkpoints.restore() : atBeginning();
  if (past && force) adopt(identity, past);
  const began = performance.now();
  const { student, loader, steps, epochs, precision } = session;
  const describe = { name: student.info.name, parameters: student.parameterCount() };
  const notes = [...changed, ...found, ...(diagnosis ? remarks(diagnosis) : []), ...session.notes];
  const start = { epochs, steps, step: progress.step, student: describe, precision, notes, doctor: diagnosis };
  yield { kind: "begin", dir: run.dir, ...start };
  run.log(
    `${resume === undefined ? "begin" : `resume at step ${progress.step}`}: ${describe.name}, ${steps} steps, ${precision}`,
  );
  for (const note of notes) run.log(note);

  run.drawCurves({ from: progress.step + 1 });
  const judge = new Judge(session);
  const faults = new Faults(run, session, { source: source ?? null, inARow: progress.skipped });
  const balance = new BalanceWatch(session);
  const witness = new Witness(run, session, { after: progress.step, repeats: past !== null && changed.length === 0 });
  const named = new Set<string>();
  const unusable = (split: "train" | "val", pictures: readonly BadPicture[]): TrainEvent[] => {
    const fresh = pictures.filter(({ name }) => !named.has(name));
    for (const { name, reason } of fresh) {
      named.add(name);
      run.log(`unusable picture (${split}): ${name}: ${reason}`);
    }
    return fresh.map(({ name, reason }) => ({ kind: "bad", split, name, reason }));
  };
  const validation = { session, judge, run, checkpoints, signal };
  if (past) {
    yield* validate(validation, progress);
    checkpoints.save(progress);
  }
  while (progress.step < steps && !signal?.aborted && !faults.areTooMany) {
    const epoch = Math.floor(progress.step / loader.batches);
    let asked = performance.now();
    for await (const batch of checkpoints.saving(loader.epoch(epoch, { from: progress.step % loader.batches }), progress)) {
      const arrived = performance.now();
      yield* unusable("train", batch.bad);
      const lr = session.schedule.lrAt(progress.step);
      const report = session.step(batch, lr);
      const { terms, loss, gradNorm, teacherTime, breach, overflowed } = report;
      const ended = performance.now();
      progress.step += 1;
      for (const text of witness.saw(progress.step, report, lr)) yield { kind: "note", text };

      const row: TrainRow = {
        kind: "train",
        step: progress.step,
        epoch: epoch + 1,
        time: Date.now(),
        terms,
        loss,
        lr,
        ...(overflowed ? {} : { gradNorm }),
        ...(session.scaler && { lossScale: session.scaler.scale }),
        imagesPerSecond: (1000 * batch.labels.length) / (ended - asked),
        dataShare: (arrived - asked) / (ended - asked),
        teacherShare: teacherTime / (ended - asked),
      };
      if (breach) yield faults.take(breach, batch, row);
      else {
        faults.clear();
        if (progress.step % (recipe.logEvery ?? 10) === 0 || progress.step === steps) run.appendMetrics(row);
        yield { ...row, kind: "step", epochs, steps };
      }
      progress.skipped = faults.inARow;
      const pull = balance.look(batch, row);
      if (pull) {
        run.appendMetrics(pull.row);
        for (const warning of pull.warnings) run.log(warning);
        yield pull;
      }
      asked = performance.now();

      yield* validate(validation, progress);
      yield* unusable("val", judge.bad);
      const over = progress.step === steps || signal?.aborted || faults.areTooMany;
      if (over || checkpoints.isDue(progress)) {
        checkpoints.save(progress);
        witness.saved(progress.step);
      }
      if (over) break;
    }
  }
  if (faults.areTooMany) throw faults.refusal();
  const finished = progress.looked === steps;
  run.log(finished ? "end" : `interrupted after step ${progress.step}`);
  const end = { step: progress.step, finished, milliseconds: Math.round(performance.now() - began) };
  const reports = judge.reports();
  writeReports(run.evaluation, reports);
  const summary = summarise(run, { ...end, steps, epochs, reports, hasTest: recipe.data.test !== undefined });
  run.summary = summary;
  yield { kind: "end", dir: run.dir, ...end, summary };
}
