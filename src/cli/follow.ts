/** A run's events, shown as they come. */

import { relative } from "node:path";
import type { TrainEvent } from "../train/index.js";
import { duration, type Progress } from "./progress.js";
import { summaryText } from "./summary.js";
import { million, percent } from "./table.js";

export type End = Extract<TrainEvent, { kind: "end" }>;

export interface FollowOptions {
  /** Whether to end with a table of the run. */
  table?: boolean;
}

/** Shows every event and returns the end, where it came to one. */
export async function follow(
  events: AsyncIterable<TrainEvent>,
  progress: Progress,
  { table = true }: FollowOptions = {},
): Promise<End | undefined> {
  let last: TrainEvent | undefined;
  for await (const event of events) {
    show(event, progress);
    last = event;
  }
  if (last?.kind !== "end") return undefined;
  if (table) progress.note(summaryText(last.summary, relative("", last.dir)));
  return last;
}

function show(event: TrainEvent, progress: Progress): void {
  if (event.kind === "begin") {
    progress.note(
      `${event.student.name}, ${million(event.student.parameters)} parameters, ${event.precision}, ${event.steps} steps → ${event.dir}`,
    );
    for (const note of event.notes) progress.note(note);
  } else if (event.kind === "step") {
    progress.update(event);
  } else if (event.kind === "note") {
    progress.note(event.text);
  } else if (event.kind === "bad") {
    const done = event.split === "train" ? "another stands in its place" : "it does not count";
    progress.note(`unusable picture (${event.split}): ${event.name}: ${event.reason}; ${done}`);
  } else if (event.kind === "fault") {
    const { step, says, inARow, most, file } = event;
    progress.note(`step ${step} was left out (${inARow} in a row, ${most} may be): ${says}`);
    if (file) progress.note(`  computed again by: vit-distill replay ${relative("", file)}`);
  } else if (event.kind === "balance") {
    for (const warning of event.warnings) progress.note(warning);
  } else if (event.kind === "eval") {
    const { epoch, split, weights, top1, top5, loss, agreement } = event;
    const agrees = agreement === undefined ? "" : `  agrees with the teacher ${percent(agreement)}`;
    progress.note(
      `epoch ${epoch}  ${split}${weights === "ema" ? " (ema)" : ""}  top-1 ${percent(top1)}  top-5 ${percent(top5)}  loss ${loss.toFixed(4)}${agrees}`,
    );
  } else {
    progress.end();
    const { finished, dir, step, milliseconds } = event;
    progress.note(
      finished
        ? `Done in ${duration(milliseconds / 1000)}: ${dir}`
        : `Stopped after step ${step}. Go on with: vit-distill train --resume ${dir}`,
    );
  }
}
