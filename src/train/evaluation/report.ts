/** An evaluation told in full: scores, calibration, classes, confusion, and what the student has not learnt from its teacher. */

import type { Loader } from "../../data/index.js";
import type { Evaluation, Scores } from "../evaluate.js";
import { agreement } from "./answers.js";
import { type ReliabilityBin, reliability } from "./calibration.js";
import { type ClassScore, type ConfusionEntry, classScores, confusion } from "./confusion.js";
import { type Missed, missed } from "./missed.js";

export interface Report extends Scores {
  /** `teacher deit_…`, `student`, `student (ema)`, … */
  who: string;
  split: "val" | "test";
  /** The step that the weights are of; null for a teacher. */
  step: number | null;
  /** Share of pictures on which it names the same class as the first teacher. */
  agreement?: number;
  /** The reliability diagram. */
  bins: ReliabilityBin[];
  classes: ClassScore[];
  confusion: ConfusionEntry[];
  /** Of a student with a teacher: teacher right, student wrong. */
  missed?: Missed;
}

export interface ReportOptions extends Pick<Report, "who" | "split" | "step"> {
  classes: readonly string[];
  /** The first teacher's answers, where this is not the teacher. */
  teacher?: Evaluation;
}

export function reportOf(
  { predictions, confidences, ...scores }: Evaluation,
  loader: Loader,
  { who, split, step, classes, teacher }: ReportOptions,
): Report {
  const { labels } = loader;
  const answers = { predictions, confidences };
  const pairs = confusion(predictions, labels);
  return {
    who,
    split,
    step,
    ...scores,
    ...(teacher && { agreement: agreement(predictions, teacher.predictions) }),
    bins: reliability(answers, labels),
    classes: classScores(pairs, classes),
    confusion: pairs,
    ...(teacher && { missed: missed(answers, teacher, labels, (picture) => loader.nameOf(picture)) }),
  };
}
