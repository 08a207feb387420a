/** `vit-distill finetune --data photos/ --model NAME --weights FILE`: a teacher for your own pictures. */
import { Command } from "commander";
import { type OneLineFlags, showOneLine, withOneLineOptions } from "./one-line.js";

interface Options extends OneLineFlags {
  model: string;
  weights: string;
}

export const finetune = withOneLineOptions(
  new Command("finetune")
    .description("a trained model, made a teacher for your own pictures")
    .requiredOption("--model <name>", "the model")
    .requiredOption("--weights <file>", "its trained weights"),
).action(async ({ dryRun, ...options }: Options) => {
  const { finetune } = await import("../train/index.js");
  const end = await showOneLine((signal) => finetune({ ...options, dryRun, signal }), { dryRun });
  if (!end?.finished) return;
  const { openRunFolder } = await import("../train/index.js");
  console.error(
    `Teach with it: vit-distill distill --data ${options.data} --teacher ${options.model}=${openRunFolder(end.dir).student} --student …`,
  );
});
