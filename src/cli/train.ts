/** `vit-distill train RECIPE`: runs a recipe and shows how far it is. Ctrl-C ends it with a checkpoint. */
import { Command } from "commander";
import type { RecipeSource } from "../train/index.js";
import { follow } from "./follow.js";
import { interruptible } from "./interrupt.js";
import { wholeNumber } from "./option.js";
import { Progress } from "./progress.js";

interface Options {
  smoke: boolean;
  device: string;
  dir?: string;
  resume?: string;
  seed?: number;
  doctor: boolean;
}

export const train = new Command("train")
  .description("run a recipe, or go on with a run")
  .argument("[recipe]", "the recipe's file; with --resume, the run's own unless given")
  .option("--smoke", "a run of seconds that shows that everything fits together", false)
  .option("--device <device>", "cpu, cuda:0, …", "cpu")
  .option("--dir <folder>", "the run folder (default: runs/<name>-<time>)")
  .option("--resume <run>", "go on with the run in this folder")
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .option("--no-doctor", "do not look at the teachers first")
  .action(async (file: string | undefined, options: Options, command: Command) => {
    if (file === undefined && options.resume === undefined) command.error("error: name a recipe, or a run with --resume");
    if (options.dir !== undefined && options.resume !== undefined)
      command.error("error: --dir is for a new run and --resume names one that exists; give one of them");
    await run(file, options);
  });

async function run(file: string | undefined, { smoke, device, dir, resume, seed, doctor }: Options): Promise<void> {
  const { loadRecipe, train } = await import("../train/index.js");
  const progress = new Progress();
  const { source, ...begun } = await origin(file, resume, smoke, progress);
  const chosen = seed ?? begun.seed;
  const recipe = await loadRecipe(source.file, { smoke: source.smoke, seed: chosen });
  const onInterrupt = () => progress.note("Stopping after this step; the checkpoint will be saved. Ctrl-C again stops at once.");
  await interruptible(
    (signal) => follow(train(recipe, { dir, resume, device, seed: chosen, source, doctor, signal }), progress),
    {
      onInterrupt,
    },
  );
}

/** The file named, or the recipe and the seed that the run to be resumed began with. */
async function origin(
  file: string | undefined,
  resume: string | undefined,
  smoke: boolean,
  progress: Progress,
): Promise<{ source: RecipeSource; seed?: number }> {
  const { openRunFolder, recipeSource, runSource } = await import("../train/index.js");
  if (resume === undefined) return { source: recipeSource(file as string, smoke) };
  const { recipe, manifest } = openRunFolder(resume);
  const begun = runSource(recipe, resume);
  const source = recipeSource(file ?? begun.file, begun.smoke);
  if (source.sha256 !== begun.sha256)
    progress.note(`${source.file} has changed since this run began; it goes on with the recipe as it is now.`);
  return { source, seed: manifest.seed };
}
