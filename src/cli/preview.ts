/** `vit-distill preview RECIPE`: a picture of what the student and each teacher are going to see. */
import { Command } from "commander";
import { positiveNumber, wholeNumber } from "./option.js";

interface Options {
  out: string;
  pictures: number;
  smoke: boolean;
  seed?: number;
}

export const preview = new Command("preview")
  .description("contact sheets: a recipe's first batch as the student and as each teacher see it")
  .argument("<recipe>", "the recipe's file")
  .option("--out <file>", "the PNG", "preview.png")
  .option("--pictures <number>", "how many of the batch", positiveNumber, 16)
  .option("--smoke", "of the recipe's run of seconds", false)
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .action(async (file: string, { out, pictures, smoke, seed }: Options) => {
    const { loadRecipe, preview } = await import("../train/index.js");
    const { writeFileAtomic } = await import("../checkpoint/index.js");
    const { png, width, height, sheets } = await preview(await loadRecipe(file, { smoke, seed }), { pictures, seed });
    writeFileAtomic(out, png);
    console.log([...sheets, `${width}×${height} pixels → ${out}`].join("\n"));
  });
