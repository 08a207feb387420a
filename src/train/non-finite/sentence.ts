/** A fault in words. */

import { fileURLToPath } from "node:url";
import type { Extent, Origin } from "../../torch/index.js";
import type { Place } from "./examine.js";
import type { Fault } from "./fault.js";

/** `the term odd: aten::log in the method bad (bad.ts:9) made 6 of 36 numbers NaN or Inf; in noise, picture 3; noise, picture 7` */
export const sentenceOf = (fault: Fault): string => [`${subject(fault)}: ${cause(fault)}`, ...pictures(fault)].join("; ");

const subject = ({ kind, terms, pass }: Fault): string => {
  if (kind === "update") return `the update of ${few(terms)}`;
  const named = terms.length === 0 ? "the gradients" : `the term${terms.length > 1 ? "s" : ""} ${few(terms)}`;
  return pass === "backward" && terms.length > 0 ? `the gradient of ${named}` : named;
};

function cause({ kind, lr, origin, pass }: Fault): string {
  if (kind === "update") return `the learning rate ${lr} leads out of float32`;
  if (origin === null)
    return pass === "backward"
      ? "each term's gradient is finite by itself, but their sum or its norm is not"
      : "finite when the step was taken again: it depends on more than weights, pictures and random streams";
  const { operator, source, output } = origin;
  const where = `${operator} in ${placeOf(origin)}`;
  if (source === null) return `${where} made ${share(output)} NaN or Inf`;
  return `NaN or Inf in the ${source}, which ${where} was the first to compute with`;
}

/** `blocks.1.mlp.fc1 of the student vit`, and the line of the recipe where one led there. */
export function placeOf({ place: { who, name, layer }, line }: Origin<Place>): string {
  const player = `the ${who} ${name}`;
  const code = line && fileURLToPath(line.replace(/:\d+$/, "").replace(/\?.*?(?=:\d|$)/, "")).replace(`${process.cwd()}/`, "");
  return `${layer === "" ? player : `${layer} of ${player}`}${code && who === "method" ? ` (${code})` : ""}`;
}

const share = ({ notFinite, shape }: Extent): string =>
  `${notFinite} of ${shape.reduce((product, extent) => product * extent, 1)} numbers`;

function pictures({ pictures, batch }: Fault): string[] {
  if (pictures.length === 0) return [];
  const names = pictures.map(({ name }) => name);
  return [pictures.length === batch ? `all ${batch} pictures` : `in ${few(names, "; ")}`]; // a name may have commas
}

/** What may help, as sentences. */
export function remedyOf({ kind, origin }: Fault): string {
  if (kind === "update") return "Lower the learning rate, or look at the schedule.";
  if (origin?.source === "pictures") return "Look at the augmentation: decoded pictures have no NaN.";
  if (origin?.source) return "Load other weights: these were saved after their training had diverged, or their file is damaged.";
  if (origin?.place.who === "method" && origin.place.layer === "")
    return 'Keep what goes into it in range where the method computes it (clamp before a logarithm, a root, a division), or train in float32 (precision: "float32").';
  return 'Lower the learning rate, clip the gradient (clip: 1), or train in float32 (precision: "float32").';
}

/** The first three of them. */
export const few = (names: readonly string[], separator = ", "): string =>
  names.length > 3 ? `${names.slice(0, 3).join(separator)} and ${names.length - 3} more` : names.join(separator);
