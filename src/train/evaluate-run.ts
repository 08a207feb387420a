/** A finished run looked at again: its student and its teachers on held-out pictures. */
import { existsSync } from "node:fs";
import { loadTensors } from "../checkpoint/index.js";
import type { BadPicture } from "../data/index.js";
import { loadWeights } from "../models/index.js";
import { type Device, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { agreement, type Evaluation, evaluate } from "./evaluate.js";
import { openRunFolder } from "./run-folder.js";
import { runRecipe } from "./run-recipe.js";
import { Session } from "./session.js";

export interface Verdict {
  who: string;
  top1: number;
  top5: number;
  loss: number;
  /** Share of pictures on which it agrees with the first teacher. */
  agreement?: number;
}

export interface EvaluateRunOptions {
  split?: "test" | "val";
  device?: Device;
  /** Hears of each unusable picture, once. */
  onBad?: (picture: BadPicture) => void;
}

/** The teachers that know the student's classes first, then the student, then the average of its weights where there is one. */
export async function evaluateRun(
  dir: string,
  { split = "test", device = "cpu", onBad }: EvaluateRunOptions = {},
): Promise<Verdict[]> {
  const run = openRunFolder(dir);
  const { recipe, source, seed } = await runRecipe(dir);
  using session = Session.open(recipe, { seed, device, precision: run.manifest.precision });
  const loader = session.evaluationLoader(split);
  if (loader === null)
    throw new UserError(`${source.file} has no data.${split}`, {
      remedy: `Add it, or look at the ${split === "test" ? "val" : "test"} split.`,
    });

  const verdicts: Verdict[] = [];
  let lesson: Int32Array | undefined; // the first teacher's choices
  const judge = async (who: string, model: Session["student"]) => {
    const { predictions, ...scores }: Evaluation = await evaluate(model, loader, { device, precision: session.precision, onBad });
    verdicts.push({ who, ...scores, ...(lesson && { agreement: agreement(predictions, lesson) }) });
    return predictions;
  };
  for (const teacher of session.judged) {
    const predictions = await judge(`teacher ${teacher.info.name}`, teacher);
    lesson ??= predictions;
  }
  for (const [who, weights] of [
    ["student", run.student],
    ["student (ema)", run.studentEma],
  ]) {
    if (who !== "student" && !existsSync(weights)) continue;
    tidy(() => void loadWeights(session.student, loadTensors(weights, { device })));
    await judge(who, session.student);
  }
  return verdicts;
}
