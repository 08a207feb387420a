/** `vit-distill train RECIPE`: runs a recipe and shows how far it is. Ctrl-C ends it with a checkpoint. */
import { Command } from "commander";
import type { RecipeSource, TrainEvent } from "../train/index.js";
import { interruptible } from "./interrupt.js";
import { wholeNumber } from "./option.js";
import { duration, Progress } from "./progress.js";
import { million, percent } from "./table.js";

interface Options {
  smoke: boolean;
  device: string;
  dir?: string;
  resume?: string;
  seed?: number;
}

export const train = new Command("train")
  .description("run a recipe, or go on with a run")
  .argument("[recipe]", "the recipe's file; with --resume, the run's own unless given")
  .option("--smoke", "a run of seconds that shows that everything fits together", false)
  .option("--device <device>", "cpu, cuda:0, …", "cpu")
  .option("--dir <folder>", "the run folder (default: runs/<name>-<time>)")
  .option("--resume <run>", "go on with the run in this folder")
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .action(async (file: string | undefined, options: Options, command: Command) => {
    if (file === undefined && options.resume === undefined) command.error("error: name a recipe, or a run with --resume");
    if (options.dir !== undefined && options.resume !== undefined)
      command.error("error: --dir is for a new run and --resume names one that exists; give one of them");
    await run(file, options);
  });

async function run(file: string | undefined, { smoke, device, dir, resume, seed }: Options): Promise<void> {
  const { loadRecipe, train } = await import("../train/index.js");
  const progress = new Progress();
  const { source, ...begun } = await origin(file, resume, smoke, progress);
  const chosen = seed ?? begun.seed;
  const recipe = await loadRecipe(source.file, { smoke: source.smoke, seed: chosen });
  const onInterrupt = () => progress.note("Stopping after this step; the checkpoint will be saved. Ctrl-C again stops at once.");
  await interruptible(
    async (signal) => {
      for await (const event of train(recipe, { dir, resume, device, seed: chosen, source, signal }))
        show(event, progress);
    },
    { onInterrupt },
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

function show(event: TrainEvent, progress: Progress): void {
  if (event.kind === "begin") {
    progress.note(
      `${event.student.name}, ${million(event.student.parameters)} parameters, ${event.precision}, ${event.steps} steps → ${event.dir}`,
    );
  } else if (event.kind === "step") {
    progress.update(event);
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
