/** A run in one look: how good its student became, at which pace. */

import type { Scores } from "./evaluate.js";
import type { Report } from "./evaluation/index.js";
import type { EvalRow, MetricsRow, RunFolder, TrainRow } from "./run-folder.js";

/** Scores on the validation split, and whose they are. */
export interface SummaryRow extends Scores {
  /** `teacher deit_…`, `student`, `student (ema)`. */
  who: string;
  /** When it was so; null for a teacher. */
  epoch: number | null;
  step: number | null;
  /** Share of pictures on which it names the same class as the first teacher. */
  agreement?: number;
}

/** summary.json: written whenever a run ends, finished or not. */
export interface Summary {
  name: string;
  finished: boolean;
  step: number;
  steps: number;
  epochs: number;
  /** When the run was first begun and when this was written, ISO 8601. */
  begun: string;
  ended: string;
  /** That the process worked on it which wrote this: a run that was resumed took longer. */
  milliseconds: number;
  /** Over all logged steps; null where none was. */
  pace: Pace | null;
  /** The first teacher, where its answers can be compared and have been, by this process or one before it. */
  teacher: SummaryRow | null;
  /** The student as it was evaluated last, and the average of its weights behind it; empty without a validation split. */
  last: SummaryRow[];
  /** Of all evaluations the one of highest top-1, of equals the first: what student.best.safetensors holds. */
  best: SummaryRow | null;
  /** Whether the recipe has a test split, which training does not look at: `vit-distill eval` does. */
  hasTest: boolean;
}

export interface Pace {
  /** Training pictures a second: the median. */
  imagesPerSecond: number;
  /** Shares of a step's time, 0 to 1, waiting for data and in the teachers: the means. */
  dataShare: number;
  teacherShare: number;
}

export interface RunState extends Pick<Summary, "finished" | "step" | "steps" | "epochs" | "milliseconds" | "hasTest"> {
  /** What the last evaluation said. */
  reports: readonly Report[];
}

/** From what the run folder tells of all processes that worked on the run. */
export function summarise(run: RunFolder, { reports, ...state }: RunState): Summary {
  const rows = run.readMetrics();
  const verdicts = rows.filter((row): row is EvalRow => row.kind === "eval" && row.split === "val");
  const last = (["raw", "ema"] as const).flatMap((weights) => verdicts.findLast((row) => row.weights === weights) ?? []);
  const [best] = [...verdicts].sort((a, b) => b.top1 - a.top1); // stable: of equals the first
  const teacher = reports.find(({ step }) => step === null);
  return {
    name: run.recipe.name,
    ...state,
    begun: run.manifest.created,
    ended: new Date().toISOString(),
    pace: paceOf(rows),
    teacher: teacher ? summaryRow(teacher, teacher.who, null, null) : (run.summary?.teacher ?? null),
    last: last.map(rowOf),
    best: best ? rowOf(best) : null,
  };
}

function paceOf(rows: readonly MetricsRow[]): Pace | null {
  const steps = rows.filter((row): row is TrainRow => row.kind === "train");
  if (steps.length === 0) return null;
  const speeds = steps.map(({ imagesPerSecond }) => imagesPerSecond).sort((a, b) => a - b);
  const mean = (name: "dataShare" | "teacherShare") => steps.reduce((sum, step) => sum + step[name], 0) / steps.length;
  return { imagesPerSecond: speeds[speeds.length >> 1], dataShare: mean("dataShare"), teacherShare: mean("teacherShare") };
}

const rowOf = (row: EvalRow): SummaryRow =>
  summaryRow(row, row.weights === "raw" ? "student" : `student (${row.weights})`, row.epoch, row.step);

const summaryRow = (
  { top1, top5, loss, ece, pictures, unusable, agreement }: Scores & { agreement?: number },
  who: string,
  epoch: number | null,
  step: number | null,
): SummaryRow => ({
  who,
  epoch,
  step,
  top1,
  top5,
  loss,
  ece,
  pictures,
  unusable,
  ...(agreement !== undefined && { agreement }),
});
