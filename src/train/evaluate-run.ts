/** A run looked at again: its student and its teachers on held-out pictures. */
import { existsSync } from "node:fs";
import { loadTensors, readSafetensors } from "../checkpoint/index.js";
import type { BadPicture } from "../data/index.js";
import { loadWeights, type Model } from "../models/index.js";
import { type Device, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { type Evaluation, evaluate } from "./evaluate.js";
import { type Report, reportOf } from "./evaluation/index.js";
import { openRunFolder, type RunFolder } from "./run-folder.js";
import { runRecipe } from "./run-recipe.js";
import { Session } from "./session.js";

export interface EvaluateRunOptions {
  split?: "test" | "val";
  device?: Device;
  /** Hears of each unusable picture, once. */
  onBad?: (picture: BadPicture) => void;
}

/**
 * The teachers that know the student's classes first, then the student, then the average of its weights and the best that it was, where
 * these are others. Writes nothing; `writeReports` does.
 */
export async function evaluateRun(
  dir: string,
  { split = "test", device = "cpu", onBad }: EvaluateRunOptions = {},
): Promise<Report[]> {
  const run = openRunFolder(dir);
  const { recipe, source, seed } = await runRecipe(dir);
  using session = Session.open(recipe, { seed, device, precision: run.manifest.precision });
  const loader = session.evaluationLoader(split);
  if (loader === null)
    throw new UserError("ERR_DATA_NOT_FOUND", `${source.file} has no data.${split}`, {
      remedy: `Add it, or look at the ${split === "test" ? "val" : "test"} split.`,
    });

  const { classes } = session.recipe.data[split]!;
  const reports: Report[] = [];
  let teacher: Evaluation | undefined; // the first
  const judge = async (who: string, model: Model, step: number | null) => {
    const evaluation = await evaluate(model, loader, { device, precision: session.precision, onBad });
    reports.push(reportOf(evaluation, loader, { who, split, step, classes, teacher }));
    return evaluation;
  };
  for (const model of session.judged) {
    const evaluation = await judge(`teacher ${model.info.name}`, model, null);
    teacher ??= evaluation;
  }
  for (const { who, path, step } of studentsOf(run)) {
    tidy(() => void loadWeights(session.student, loadTensors(path, { device })));
    await judge(who, session.student, step);
  }
  return reports;
}

interface Student {
  who: string;
  path: string;
  /** Of its weights. */
  step: number;
}

/** Those in the run folder; the best not twice, where it is the last. */
function studentsOf(run: RunFolder): Student[] {
  const known = new Set<string>();
  const all = [
    { who: "student", path: run.student, weights: "raw" },
    { who: "student (ema)", path: run.studentEma, weights: "ema" },
    { who: "student (best)", path: run.studentBest, weights: "raw" },
  ];
  return all.flatMap(({ who, path, weights: usual }, i) => {
    if (i > 0 && !existsSync(path)) return [];
    const { step, weights = usual } = readSafetensors(path).metadata;
    const key = `${weights} ${step}`;
    if (known.has(key)) return [];
    known.add(key);
    return [{ who, path, step: Number(step) }];
  });
}
