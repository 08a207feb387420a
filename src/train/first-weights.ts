/** A new run that begins with a student that exists: where its weights are, and what becomes of a head for other classes. */

import { existsSync } from "node:fs";
import { hashFile, readWeights } from "../checkpoint/index.js";
import { loadWeights, type Model } from "../models/index.js";
import { UserError } from "../user-error.js";
import { checkpointsOf } from "./checkpoints.js";
import { isRunFolder, openRunFolder, type RunFolder } from "./run-folder.js";

/** What the manifest says of them. */
export interface FirstWeights {
  file: string;
  sha256: string;
}

/** The file behind `from`: a weight file of any kind, or a run's student (`RUN`), the average of its weights (`RUN#ema`) or its best (`RUN#best`). */
export function firstWeights(from: string): FirstWeights {
  const file = weightsIn(from);
  return { file, sha256: hashFile(readWeights(file).files[0]) };
}

/** What a run that is gone on with begins with: its checkpoint's weights, or these once more where it has none yet. */
export const beginningOf = (run: RunFolder): FirstWeights | null => (checkpointsOf(run).length > 0 ? null : firstWeightsOf(run));

/** What a run that is to begin once more begins with; the file must be what it was. */
export function firstWeightsOf({ manifest: { init } }: RunFolder): FirstWeights | null {
  if (init === null || firstWeights(init.file).sha256 === init.sha256) return init;
  throw new UserError(
    "ERR_RECIPE_CHANGED",
    "these weights have changed since the run began with them, and it has no checkpoint to go on from",
    {
      where: init.file,
      remedy: "Begin a new run.",
    },
  );
}

function weightsIn(from: string): string {
  const [, dir, which] = /^(.*?)(?:#(ema|best))?$/s.exec(from)!;
  if (!isRunFolder(dir)) return from;
  const run = openRunFolder(dir);
  const file = { raw: run.student, ema: run.studentEma, best: run.studentBest }[which ?? "raw"]!;
  if (existsSync(file)) return file;
  throw new UserError("ERR_NO_WEIGHTS", which ? `the run has no ${which} student` : "the run has no student yet", {
    where: dir,
    remedy: which ? "Leave the #… out to begin with its last one." : "It is written with the first checkpoint.",
  });
}

const list = (names: readonly string[]): string => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;

/** Copies them into a new student; a head for other classes than `classes` is left out, and `note` hears of it. */
export function beginWith(
  student: Model,
  { file }: FirstWeights,
  { classes, note }: { classes: readonly string[]; note: (sentence: string) => void },
): void {
  note(`The student begins with ${file}.`);
  const { metadata } = readWeights(file);
  const theirs: string[] | undefined = metadata.classes === undefined ? undefined : JSON.parse(metadata.classes);
  const others = theirs !== undefined && classes.length > 0 && theirs.join("\n") !== classes.join("\n");
  if (others && theirs.length === classes.length) note(`It is of other classes: ${list(theirs)}.`);
  loadWeights(student, file, { freshHead: others || "if-other", note });
}
