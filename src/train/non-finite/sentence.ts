/** A fault in words. */

import { fileURLToPath } from "node:url";
import type { Extent, Origin } from "../../torch/index.js";
import type { Place } from "./examine.js";
import type { Fault } from "./fault.js";

/** `the term odd: aten::log in the method bad (bad.ts:9) made 6 of 36 numbers NaN or Inf; pictures noise, picture 3 and noise, picture 7` */
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
  return [pictures.length === batch ? `all ${batch} pictures` : `pictures ${few(pictures.map(({ name }) => name))}`];
}

/** The first three of them. */
export const few = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(" and ");
