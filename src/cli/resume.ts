/** `vit-distill resume RUN`: goes on with a run, or proves that it can be gone on with. */
import { Command } from "commander";
import type { Proof } from "../train/index.js";
import { goOn, withColours } from "./go-on.js";
import { table } from "./table.js";

interface Options {
  recipe?: string;
  device?: string;
  force: boolean;
  verify: boolean;
  json?: boolean;
}

export const resume = new Command("resume")
  .description("go on with a run, or prove by its last step on record that it goes on bit for bit")
  .argument("<run>", "the run folder")
  .option("--verify", "replay the last step on record, compare every bit, and leave the run as it is", false)
  .option("--recipe <file>", "instead of the file that the run began with")
  .option("--device <device>", "instead of the run's own")
  .option("--force", "go on though recipe, pictures or teachers have changed", false)
  .option("--json", "with --verify: print JSON")
  .action(async (run: string, { recipe: file, device, force, verify, json }: Options, command: Command) => {
    if (!verify) return goOn(run, { file, device, force });
    if (force) command.error("error: --verify replays a step as it was, so there is nothing to force");
    const { runRecipe, verifyRun } = await import("../train/index.js");
    const { recipe } = await runRecipe(run, { file });
    const proof = await withColours(() => verifyRun(run, { recipe, device }));
    console.log(json ? JSON.stringify({ run, ...proof }, null, 2) : shown(proof));
    if (!proof.same) process.exitCode = 1;
  });

function shown({ step, checkpoint, same, compared, notes }: Proof): string {
  const rows = compared.map(({ what, recorded, replayed, same }) => [what, brief(recorded), brief(replayed), same ? "=" : "≠"]);
  const apart = compared.filter(({ same }) => !same).map(({ what }) => what);
  return [
    ...notes,
    `Step ${step}, replayed from ${checkpoint ?? "the beginning of the run"}:`,
    "",
    table(["", "recorded", "replayed", ""], rows),
    "",
    same ? "Bit for bit the same." : `Not the same: ${apart.join(", ")}.`,
  ].join("\n");
}

// hashes by their beginning, numbers to the last digit
const brief = (value: unknown): string => (typeof value === "string" ? value.slice(0, 16) : String(value));
