/** `vit-distill eval RUN`: how good a run's student is, beside its teacher. */
import { Command, Option } from "commander";
import type { Verdict } from "../train/index.js";
import { percent, table } from "./table.js";

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
    const { evaluateRun } = await import("../train/index.js");
    const verdicts = await evaluateRun(run, {
      split,
      device,
      onBad: ({ name, reason }) => console.error(`unusable picture: ${name}: ${reason}`),
    });
    console.log(
      json
        ? JSON.stringify({ run, split, verdicts }, null, 2)
        : table([split, "top-1", "top-5", "loss", "agreement"], verdicts.map(row)),
    );
  });

const row = ({ who, top1, top5, loss, agreement }: Verdict) => [
  who,
  percent(top1),
  percent(top5),
  loss.toFixed(4),
  agreement === undefined ? "–" : percent(agreement),
];
