/** `vit-distill doctor RECIPE`: looks at a recipe's teachers before they teach. What it would refuse ends it with exit code 1. */
import { Command } from "commander";
import { type Diagnosis, type Finding, refusal, type Severity } from "../train/doctor/finding.js";
import { positiveNumber, wholeNumber } from "./option.js";
import { list } from "./table.js";

interface Options {
  images: number;
  device: string;
  smoke: boolean;
  seed?: number;
  json?: boolean;
}

export const doctor = new Command("doctor")
  .description("look at a recipe's teachers: head, class order, input, accuracy, NaN")
  .argument("<recipe>", "the recipe's file")
  .option("--images <number>", "how many pictures to look at", positiveNumber, 1000)
  .option("--device <device>", "cpu, cuda:0, …", "cpu")
  .option("--smoke", "with the data that the recipe takes for a run of seconds", false)
  .option("--seed <number>", "instead of the recipe's seed", wholeNumber)
  .option("--json", "print JSON")
  .action(async (file: string, { images, device, smoke, seed, json }: Options) => {
    const { doctor, loadRecipe } = await import("../train/index.js");
    const diagnosis = await doctor(await loadRecipe(file, { smoke, seed }), { images, device });
    console.log(json ? JSON.stringify({ recipe: file, ...diagnosis }, null, 2) : report(diagnosis));
    const refused = refusal(diagnosis, "Until then train refuses this recipe; --no-doctor trains all the same.");
    if (refused) throw refused;
  });

function report({ severity, findings, images, data, split, milliseconds }: Diagnosis): string {
  if (findings.length === 0) return "The recipe has no teacher.";
  const patients = [...new Set(findings.map(({ who }) => who))];
  const parts = patients.map((patient) => `${patient}\n${list(findings.filter(({ who }) => who === patient).map(row))}`);
  const looked = `${images} pictures of ${data} (${split}), ${(milliseconds / 1000).toFixed(1)} s`;
  return [...parts, `${looked}: ${VERDICT[severity]}`].join("\n\n");
}

const VERDICT: Record<Severity, string> = {
  ok: "nothing wrong",
  warning: "fit to teach, with a warning",
  refuse: "not fit to teach",
};
const MARK: Record<Severity, string> = { ok: "✓", warning: "!", refuse: "✗" };

const row = ({ severity, check, says, fix }: Finding): [string, string] => [
  `  ${MARK[severity]} ${check}`,
  severity === "ok" || !fix ? says : `${says}. ${fix}`,
];
