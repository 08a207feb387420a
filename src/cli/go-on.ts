/** Goes on with a run, and shows in colours what would make it another. */
import { follow } from "./follow.js";
import { interruptible, stopping } from "./interrupt.js";
import { redAndGreen, showsColours } from "./paint.js";
import { Progress } from "./progress.js";

export interface GoOnOptions {
  /** The recipe's file; the one that the run began with unless given. */
  file?: string;
  /** The run's own unless given. */
  device?: string;
  force: boolean;
  seed?: number;
}

export async function goOn(dir: string, { file, ...options }: GoOnOptions): Promise<void> {
  const { runRecipe, train } = await import("../train/index.js");
  const progress = new Progress();
  const { recipe, source } = await runRecipe(dir, { file, seed: options.seed });
  await withColours(() =>
    interruptible((signal) => follow(train(recipe, { ...options, resume: dir, source, signal }), progress), stopping(progress)),
  );
}

/** Runs `work`; what it shows of a run that has changed is coloured on a terminal. */
export async function withColours<T>(work: () => Promise<T>): Promise<T> {
  const { ChangedRun } = await import("../train/index.js");
  return work().catch((error) => {
    throw error instanceof ChangedRun && showsColours(process.stderr) ? error.painted(redAndGreen) : error;
  });
}
