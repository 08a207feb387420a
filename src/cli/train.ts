/** `vit-distill train RECIPE`: runs a recipe and shows how far it is. Ctrl-C ends it with a checkpoint. */
import { Command } from "commander";
import type { TrainOptions } from "../train/index.js";
import { follow } from "./follow.js";
import { goOn } from "./go-on.js";
import { interruptible, stopping } from "./interrupt.js";
import { wholeNumber } from "./option.js";
import { Progress } from "./progress.js";

interface Options {
  smoke: boolean;
  device?: string;
  dir?: string;
  resume?: string;
  force: boolean;
  init?: string;
  seed?: number;
  doctor: boolean;
}

export const train = new Command("train")
  .description("run a recipe, or go on with a run")
  .argument("[recipe]", "the recipe's file; with --resume, the run's own unless given")
  .option("--smoke", "a run of seconds that shows that everything fits together", false)
  .option("--device <device>", "cpu, cuda:0, … (default: cpu; with --resume, the run's own)")
  .option("--dir <folder>", "the run folder (default: runs/<name>-<time>)")
  .option("--init <weights>", "begin with the student in this file or run folder (RUN#ema, RUN#best)")
  .option("--resume <run>", "go on with the run in this folder, as resume does")
  .option("--force", "with --resume: though recipe, pictures or teachers have changed", false)
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .option("--no-doctor", "do not look at the teachers first")
  .action(async (file: string | undefined, { smoke, resume, ...options }: Options, command: Command) => {
    const { dir, init, device, force } = options;
    if (resume !== undefined) {
      if (dir !== undefined) command.error("error: --dir is for a new run and --resume names one that exists; give one of them");
      if (init !== undefined)
        command.error("error: --init begins a new run from weights, and --resume goes on with a run; give one of them");
      return goOn(resume, { file, device, force, seed: options.seed });
    }
    if (file === undefined) command.error("error: name a recipe, or a run with --resume");
    if (force) command.error("error: --force goes with --resume");
    await begin(file, smoke, options);
  });

async function begin(file: string, smoke: boolean, options: TrainOptions): Promise<void> {
  const { loadRecipe, recipeSource, train } = await import("../train/index.js");
  const progress = new Progress();
  const source = recipeSource(file, smoke);
  const recipe = await loadRecipe(file, { smoke, seed: options.seed });
  await interruptible((signal) => follow(train(recipe, { ...options, source, signal }), progress), stopping(progress));
}
