/** What passed the seam, read: an operator's name, its tensors and its results. */

import { addon } from "./addon.js";
import type { OperatorEvent } from "./dispatch.js";

/** `aten::sub_.Tensor` → `sub` */
export const baseName = ({ operator }: Pick<OperatorEvent, "operator">): string => operator.replace(/^\w+::|_?(\..*)?$/g, "");

/** Whether it writes into its first argument: `aten::add_.Tensor`. */
export const isInPlace = ({ operator }: OperatorEvent): boolean => /_(\.|$)/.test(operator);

export const argument = ({ names, args }: OperatorEvent, name: string): unknown => args[names.indexOf(name)];

/** A tensor among the arguments. */
export interface Operand {
  name: string;
  handle: number;
}

// the places of an operator's arguments that are tensors or lists of them
const places = new Map<string, number[]>();

export function operandsOf({ operator, names, args }: OperatorEvent): Operand[] {
  let found = places.get(operator);
  if (!found) {
    const [base, overload = ""] = operator.split(".");
    const kindOf = new Map(addon.schema(base, overload)!.arguments.map(({ name, kind }) => [name, kind]));
    found = names.flatMap((name, i) => (kindOf.get(name)! <= LAST_TENSOR_KIND ? [i] : []));
    places.set(operator, found);
  }
  return found.flatMap((i) => handlesIn(args[i]).map((handle) => ({ name: names[i], handle })));
}

// Tensor, TensorList, MaybeTensorList stand first among the kinds
const LAST_TENSOR_KIND = 2;

const handlesIn = (value: unknown): number[] =>
  Array.isArray(value) ? value.flatMap(handlesIn) : typeof value === "number" && value > 0 ? [value] : [];

/** In place, the caller holds the result already: it is the first argument. */
export const resultsOf = (event: OperatorEvent): number[] => handlesIn(isInPlace(event) ? event.args[0] : event.result);
