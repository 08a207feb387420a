/** `vit-distill replay FILE`: a step that was left out of a run, computed again. Exit code 0 where the same comes out, 1 where not. */
import { Command, Option } from "commander";
import type { Extent } from "../torch/index.js";
import type { Fault, Replay } from "../train/index.js";
import { few, placeOf, sentenceOf } from "../train/non-finite/sentence.js";
import type { Precision } from "../train/precision.js";
import { list, table } from "./table.js";

interface Options {
  precision?: Precision;
  device?: string;
  json?: boolean;
}

export const replay = new Command("replay")
  .description("compute a step again that was left out of a run for NaN or Inf")
  .argument("<file>", "a capture in a run's folder faults")
  .addOption(
    new Option("--precision <precision>", "instead of the run's: does it go away?").choices(["float32", "bfloat16", "float16"]),
  )
  .option("--device <device>", "instead of the run's")
  .option("--json", "print JSON")
  .action(async (file: string, { precision, device, json }: Options) => {
    const { replay } = await import("../train/index.js");
    const outcome = await replay(file, { precision, device });
    console.log(json ? JSON.stringify({ file, ...outcome }, null, 2) : report(outcome));
    if (!outcome.reproduced) process.exitCode = 1;
  });

function report({ captured, found, reproduced, precision, notes }: Replay): string {
  const verdict = reproduced
    ? `Reproduced in ${precision}.`
    : found === null
      ? `Not reproduced: in ${precision} every number of this step is finite.`
      : `Not reproduced: in ${precision} it is another fault than the one captured (${sentenceOf(captured)}).`;
  return [describe(found ?? captured), ...notes.map((note) => `Note: ${note}.`), verdict].join("\n\n");
}

/** Pictures that are listed. */
const SHOWN = 12;

function describe(fault: Fault): string {
  const { step, kind, terms, pass, part, parts, origin, pictures, batch, mixed, lr } = fault;
  const facts: [string, string][] = [
    ["step", `${step}${parts > 1 ? `, part ${part} of ${parts}` : ""}, learning rate ${Number(lr.toPrecision(3))}`],
    [kind === "update" ? "weights" : terms.length > 1 ? "terms" : "term", few(terms) || "their sum"],
    ["pass", pass],
    ...(origin
      ? ([
          ["where", placeOf(origin)],
          ["operator", origin.operator],
        ] as [string, string][])
      : []),
    ["pictures", `${picturesOf(fault)}${mixed ? " (mixed with each other: each place has pixels of others, too)" : ""}`],
  ];
  const named = pictures.length < batch ? pictures.map(({ place, name }) => `  ${place}: ${name}`) : [];
  const more = named.length > SHOWN ? [`  and ${named.length - SHOWN} more`] : [];
  const extents = origin ? [...origin.inputs, origin.output].map(row) : [];
  return [
    `${sentenceOf(fault)}.`,
    "",
    [list(facts), ...named.slice(0, SHOWN), ...more].join("\n"),
    ...(origin ? ["", table(["", "type", "shape", "least", "most", "NaN or Inf"], extents)] : []),
  ].join("\n");
}

function picturesOf({ pictures, batch }: Fault): string {
  if (pictures.length === 0) return `none of the ${batch} can be told from the others`;
  return pictures.length === batch ? `all ${batch} of the batch` : `${pictures.length} of the batch's ${batch}, by their places`;
}

const row = ({ name, dtype, shape, least, most, notFinite }: Extent): string[] => [
  name,
  dtype,
  shape.length === 0 ? "scalar" : shape.join("×"),
  number(least),
  number(most),
  String(notFinite),
];

const number = (value: number | null): string => (value === null ? "–" : value.toPrecision(4));
