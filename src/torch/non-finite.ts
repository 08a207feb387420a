/**
 * Where NaN and Inf come from. Watched at the seam, each tensor that is not finite is remembered with the operator that made it from
 * finite ones, and hands that on to whatever is made from it. So a number that is none is traced to its origin, and an infinity
 * that is meant (a mask before a softmax) blames nobody, because nothing that was asked about comes from it.
 */

import { caller } from "./caller.js";
import { listen, type OperatorEvent } from "./dispatch.js";
import { allFinite, type Extent, extentOf, rowsNotFinite } from "./extent.js";
import { baseName, isInPlace, operandsOf, resultsOf } from "./operator-event.js";
import type { Tensor } from "./tensor.js";

/** The operator that made numbers which are none from finite ones, or met a source that had them. */
export interface Origin<Place extends Whereabouts = Whereabouts> {
  /** The source that has them itself, by its name; null where the operator made them. */
  source: string | null;
  /** Such as `aten::log`. */
  operator: string;
  /** What `place` said when it ran. */
  place: Place;
  /** The line outside this package that called it, where no module ran; null elsewhere. */
  line: string | null;
  inputs: Extent[];
  output: Extent;
  /** The pictures of the batch in whose share of the output they are; empty where its first dimension is not theirs. */
  rows: number[];
}

export interface Watch<Place extends Whereabouts> {
  /** Tensors that are there before, by name: what is wrong with them is not the operators' fault. */
  sources: readonly (readonly [name: string, tensor: Tensor])[];
  /** Where the program is. */
  place: () => Place;
}

/** What runs: which part of the program, on which pictures of a batch. */
export interface Whereabouts {
  /** The innermost module; empty where none runs. */
  layer: string;
  /** The first picture of those at hand, and how many they are. */
  first: number;
  count: number;
}

/** Runs `fn`. `originOf` answers until tensors are made or freed again. */
export function traceNonFinite<T, Place extends Whereabouts>(
  { sources, place }: Watch<Place>,
  fn: () => T,
): { result: T; originOf: (tensor: Tensor) => Origin<Place> | undefined } {
  type Trace = { source: string | null; origin: Origin<Place> | null };
  const traces = new Map<number, Trace>();
  for (const [source, tensor] of sources) if (!allFinite(tensor)) traces.set(tensor.handle, { source, origin: null });

  const describe = (event: OperatorEvent, source: string | null, result: number): Origin<Place> => ({
    source,
    operator: event.operator,
    place: place(),
    line: lineAt(place()),
    inputs: operandsOf(event).map(({ name, handle }) => extentOf(name, { handle })),
    output: extentOf("output", { handle: result }),
    rows: rowsNotFinite({ handle: result }, place()),
  });
  /** What made the result as it is: an operand's trace, or this operator itself. */
  const traceOf = (event: OperatorEvent, result: number): Trace => {
    const known = operandsOf(event).flatMap(({ handle }) => traces.get(handle) ?? []);
    const [first] = known;
    if (first === undefined) return { source: null, origin: describe(event, null, result) };
    if (first.source === null || (first.origin?.place.layer && !isMove(first.origin))) return first;
    return { ...first, origin: describe(event, first.source, result) }; // until a layer computes with it
  };
  const watch = (event: OperatorEvent) => {
    if (isUnset(event)) return;
    for (const result of resultsOf(event)) {
      if (allFinite({ handle: result })) traces.delete(result);
      else traces.set(result, isInPlace(event) && traces.has(result) ? traces.get(result)! : traceOf(event, result));
    }
  };
  const stop = listen(watch, { freed: (handles) => handles.forEach((handle) => traces.delete(handle)) });
  try {
    return { result: fn(), originOf: ({ handle }) => traces.get(handle)?.origin ?? undefined };
  } finally {
    stop();
  }
}

const moves = new Set(
  "reshape view permute transpose contiguous narrow select slice flatten unflatten expand cat stack to clone detach squeeze unsqueeze chunk split unbind unfold".split(
    " ",
  ),
);

/** Whether it only moves numbers. */
const isMove = (event: Pick<OperatorEvent, "operator">): boolean => moves.has(baseName(event));

/** A layer is place enough: behind it the caller is whoever runs the model. */
export const lineAt = ({ layer }: Whereabouts): string | null => (layer === "" ? (caller() ?? null) : null);

/** Memory that nothing was written to holds anything. */
const isUnset = ({ operator }: OperatorEvent): boolean => /^aten::(new_)?empty/.test(operator);
