/** `vit-distill eval RUN`: how good a run's student is, beside its teacher. */
import { relative } from "node:path";
import { Command, Option } from "commander";
import type { Report } from "../train/index.js";
import { counted, scoreHeadings, scores } from "./scores.js";
import { table } from "./table.js";

interface Options {
  split: "test" | "val";
  device: string;
  json?: boolean;
}

export const evaluate = new Command("eval")
  .description("evaluate a run's student and its teachers")
  .argument("<run>", "the run folder")
  .addOption(new Option("--split <split>", "the pictures to look at").choices(["test", "val"]).default("test"))
  .option("--device <device>", "cpu, cuda:0, …", "cpu")
  .option("--json", "print JSON")
  .action(async (run: string, { split, device, json }: Options) => {
    const { evaluateRun, openRunFolder, writeReports } = await import("../train/index.js");
    const onBad = ({ name, reason }: { name: string; reason: string }) =>
      console.error(`unusable picture: ${name}: ${reason}; it does not count`);
    const reports = await evaluateRun(run, { split, device, onBad });
    if (!json) console.log(shown(split, reports));
    const files = writeReports(openRunFolder(run).evaluation, reports);
    if (json) console.log(JSON.stringify({ run, split, verdicts: reports.map(brief), files }, null, 2));
    else console.log(`By class and picture: ${relative("", openRunFolder(run).evaluation)}/${split}.*`);
  });

function shown(split: string, reports: readonly Report[]): string {
  const rows = reports.map((report) => [report.who, ...scores(report)]);
  const behind = reports.flatMap(({ who, missed }) =>
    missed ? [`${who}: wrong on ${missed.count} that the first teacher has right`] : [],
  );
  return [table([split, ...scoreHeadings], rows), counted(reports[0]), ...behind].join("\n");
}

/** Without what grows with classes or pictures, which is in the files. */
const brief = ({ classes, confusion, missed, ...rest }: Report) => ({ ...rest, ...(missed && { missed: missed.count }) });
