/** `vit-distill distill --data photos/ --teacher NAME=FILE --student NAME`: a student of your own pictures, without a recipe. */
import { Command, Option } from "commander";
import { type OneLineFlags, showOneLine, withOneLineOptions } from "./one-line.js";

interface Options extends OneLineFlags {
  teacher: string[];
  student: string;
  method?: string;
  teacherHead: "probe" | "none";
  doctor: boolean;
}

const collected = (value: string, before: string[] = []): string[] => [...before, value];

export const distill = withOneLineOptions(
  new Command("distill")
    .description("your pictures and a teacher in, a student out")
    .requiredOption("--teacher <name=file>", "a model and its weights; once for each teacher", collected)
    .requiredOption("--student <name>", "a model; NAME=FILE begins from trained weights")
    .option("--method <method>", "manifold, soft, hard, token, co-advise; chosen unless given")
    .addOption(
      new Option("--teacher-head <what>", "for a teacher of other classes: train a linear head for yours first, or not")
        .choices(["probe", "none"])
        .default("none"),
    )
    .option("--no-doctor", "do not look at the teachers first"),
).action(async ({ dryRun, ...options }: Options) => {
  const { distill } = await import("../train/index.js");
  const end = await showOneLine((signal) => distill({ ...options, dryRun, signal }), { dryRun });
  if (!end?.finished) return;
  const { openRunFolder } = await import("../train/index.js");
  console.error(`The student is ${openRunFolder(end.dir).student}. How good it is: vit-distill eval ${end.dir} --split val`);
});
