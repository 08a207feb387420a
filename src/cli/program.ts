/** The command line as it is declared: every command with its arguments and options. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { cache } from "./cache.js";
import { distill } from "./distill.js";
import { doctor } from "./doctor.js";
import { evaluate } from "./evaluate.js";
import { finetune } from "./finetune.js";
import { info } from "./info.js";
import { methods } from "./methods.js";
import { models } from "./models.js";
import { plan } from "./plan.js";
import { preview } from "./preview.js";
import { replay } from "./replay.js";
import { writeUsageError } from "./report-error.js";
import { resume } from "./resume.js";
import { start } from "./start.js";
import { train } from "./train.js";

const { version, description } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

export const program = new Command("vit-distill")
  .description(description)
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: writeUsageError });
for (const command of [
  start,
  distill,
  finetune,
  plan,
  train,
  resume,
  doctor,
  preview,
  replay,
  cache,
  evaluate,
  models,
  methods,
  info,
])
  program.addCommand(inherited(command, program));

/** The parent's settings, for a command that was made without it, and for the commands below it. */
function inherited(command: Command, parent: Command): Command {
  for (const each of command.commands) inherited(each, parent);
  return command.copyInheritedSettings(parent);
}
