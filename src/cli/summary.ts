/** A run's summary, as the table that ends it. */

import type { Summary, SummaryRow } from "../train/index.js";
import { counted, scoreHeadings, scores } from "./scores.js";
import { percent, table } from "./table.js";

/** Who reached what on the validation split, at which pace, and what is still to be done. */
export function summaryText({ teacher, last, best, pace, hasTest }: Summary, dir: string): string {
  const isBest = ({ who, step }: SummaryRow) => who === best?.who && step === best.step;
  const rows = [
    ...(teacher ? [row(teacher)] : []),
    ...last.map((student) => row(student, isBest(student) ? "last and best" : "last")),
    ...(best && !last.some(isBest) ? [row(best, "best")] : []),
  ];
  const lines = [
    ...(rows.length > 0 ? [table(["val", "epoch", ...scoreHeadings], rows), counted(last[0])] : []),
    ...(pace
      ? [
          `${pictures(pace.imagesPerSecond)} img/s (median); waiting for data ${percent(pace.dataShare)} of the time, in teachers ${percent(pace.teacherShare)}`,
        ]
      : []),
    ...(hasTest ? [`On the test split, which training does not look at: vit-distill eval ${dir}`] : []),
  ];
  return lines.join("\n");
}

const row = (standing: SummaryRow, when?: string): string[] => [
  `${standing.who}${when ? `, ${when}` : ""}`,
  standing.epoch === null ? "–" : String(standing.epoch),
  ...scores(standing),
];

/** 1234.5 → 1235, 5.673 → 5.67 */
const pictures = (perSecond: number): string => (perSecond < 100 ? perSecond.toPrecision(3) : perSecond.toFixed(0));
