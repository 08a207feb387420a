/** What `distill` and `finetune` share: their options, and how they tell what they do. */
import { type Command, Option } from "commander";
import type { OneLineEvent, TrainEvent } from "../train/index.js";
import { follow } from "./follow.js";
import { interruptible, stopping } from "./interrupt.js";
import { positiveNumber, wholeNumber } from "./option.js";
import { Progress } from "./progress.js";
import { percent } from "./table.js";

export interface OneLineFlags {
  data: string;
  out?: string;
  epochs?: number;
  batch?: number;
  size?: number;
  seed: number;
  device: string;
  workers?: number;
  dryRun: boolean;
}

export const withOneLineOptions = (command: Command): Command =>
  command
    .requiredOption("--data <path>", "your pictures: a folder for each class, a table, parquet files, tar shards")
    .option("--out <folder>", "the run folder (default: runs/<data>-<time>)")
    .option("--epochs <number>", "passes over the pictures; chosen unless given", positiveNumber)
    .option("--batch <number>", "pictures in a step; chosen unless given", positiveNumber)
    .option("--size <pixels>", "side of the pictures that are trained on; the model's own unless given", positiveNumber)
    .option("--seed <number>", "of weights, order and what is held out", wholeNumber, 0)
    .option("--device <device>", "cpu, cuda:0, …", "cpu")
    .option("--workers <number>", "threads that decode pictures", wholeNumber)
    .addOption(new Option("--dry-run", "choose, print the recipe, and leave it at that").default(false));

/** Shows the choices, the preparation and the run; the recipe itself goes to stdout in a dry run. */
export async function showOneLine(start: (signal: AbortSignal) => AsyncIterable<OneLineEvent>, { dryRun }: { dryRun: boolean }) {
  const progress = new Progress();
  return interruptible((signal) => follow(onlyTraining(start(signal), progress, dryRun), progress), stopping(progress));
}

async function* onlyTraining(
  events: AsyncIterable<OneLineEvent>,
  progress: Progress,
  dryRun: boolean,
): AsyncGenerator<TrainEvent> {
  for await (const event of events) {
    if (event.kind === "choice") progress.note(`${event.what}: ${event.value} (${event.why})`);
    else if (event.kind === "recipe") {
      if (dryRun) process.stdout.write(event.text);
    } else if (event.kind === "head")
      progress.note(
        `${event.model}: a head fitted to ${event.pictures} pictures names ${percent(event.accuracy)} of ${event.heldOut ? "those held out" : "them (none were held out)"} rightly → ${event.file}`,
      );
    else yield event;
  }
}
