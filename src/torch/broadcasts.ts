/**
 * Broadcasts that nobody asked for. A loss between a student's 49 tokens and a teacher's one is a number like any other: libtorch
 * stretches the one over the 49 and says nothing. Watched at the seam, with two things remembered for every tensor that passes:
 * whose outputs it was made from, and which of its dimensions of extent one were written by somebody (`unsqueeze`, `keepdim`) rather than
 * left over. Tensors of different origin must then agree in shape; a stretched dimension is refused unless it was written.
 *
 * So a bias, a weight or a mask (of no origin), a scalar, a token over its own norm (of one origin), and an outer
 * difference by `unsqueeze` pass. What is meant and refused all the same is said by `expand`.
 */

import { addon } from "./addon.js";
import { caller } from "./caller.js";
import { listen, type OperatorEvent } from "./dispatch.js";
import { argument, baseName, operandsOf, resultsOf } from "./operator-event.js";
import type { Tensor } from "./tensor.js";

export interface Broadcast {
  /** Such as `aten::mse_loss`. */
  operator: string;
  operands: readonly { origins: readonly string[]; shape: readonly number[] }[];
  /** The line outside this package that called it: `file:///…/hint.ts:61:20`. */
  where: string | undefined;
}

interface Trace {
  origins: ReadonlySet<string>;
  /** Dimensions of extent one that somebody wrote. */
  written: ReadonlySet<number>;
}

/** Runs `fn` and finds the operators that stretch a tensor made from one of `sources` over a tensor made from another. */
export function findBroadcasts<T>(
  sources: Readonly<Record<string, readonly Tensor[]>>,
  fn: () => T,
): { result: T; broadcasts: Broadcast[] } {
  const traces = new Map<number, Trace>();
  for (const [name, tensors] of Object.entries(sources))
    for (const { handle } of tensors) traces.set(handle, { origins: new Set([name]), written: new Set() });
  const broadcasts: Broadcast[] = [];
  const watch = (event: OperatorEvent) => {
    const operands = operandsOf(event).map(({ handle }) => handle);
    if (elementwise.has(baseName(event)) && isStretched(operands, traces))
      broadcasts.push({
        operator: event.operator,
        operands: operands.map((handle) => described(handle, traces)),
        where: caller(),
      });
    for (const handle of resultsOf(event)) traces.set(handle, traceOf(handle, event, operands, traces));
  };
  const stop = listen(watch, { freed: (handles) => handles.forEach((handle) => traces.delete(handle)) });
  try {
    return { result: fn(), broadcasts };
  } finally {
    stop();
  }
}

const elementwise = new Set(
  (
    "add sub mul div pow maximum minimum remainder lerp addcmul addcdiv where masked_fill copy eq ne lt le gt ge logical_and " +
    "mse_loss smooth_l1_loss kl_div cosine_similarity"
  ).split(" "),
);

const described = (handle: number, traces: ReadonlyMap<number, Trace>) => ({
  origins: [...(traces.get(handle)?.origins ?? [])],
  shape: addon.shape(handle),
});

const isOne = (shape: readonly number[]): boolean => shape.every((extent) => extent === 1);

function isStretched(operands: readonly number[], traces: ReadonlyMap<number, Trace>): boolean {
  const known = operands.flatMap((handle) => {
    const [trace, shape] = [traces.get(handle), addon.shape(handle)];
    return trace && trace.origins.size > 0 && !isOne(shape) ? [{ ...trace, shape }] : [];
  });
  return known.some((a, i) => known.slice(i + 1).some((b) => !sameOrigins(a, b) && (stretches(a, b) || stretches(b, a))));
}

const sameOrigins = (a: Trace, b: Trace): boolean =>
  a.origins.size === b.origins.size && [...a.origins].every((o) => b.origins.has(o));

type Shaped = Trace & { shape: readonly number[] };

/** Whether `large` goes over a dimension that `small` has not, or has with an extent of one that nobody wrote. */
function stretches(small: Shaped, large: Shaped): boolean {
  const offset = large.shape.length - small.shape.length;
  return large.shape.some((extent, i) => {
    const own = i - offset;
    return extent > 1 && (own < 0 || (small.shape[own] === 1 && !small.written.has(own)));
  });
}

/** What is known of a result from what is known of the operands. */
function traceOf(result: number, event: OperatorEvent, operands: readonly number[], traces: ReadonlyMap<number, Trace>): Trace {
  const known = operands.map((handle) => ({ shape: addon.shape(handle), ...(traces.get(handle) ?? nobody) }));
  const shape = addon.shape(result);
  const ones = new Set(shape.flatMap((extent, i) => (extent === 1 ? [i] : [])));
  const written = writtenBy[baseName(event)]?.(event, known[0]) ?? inherited(shape, known);
  if (argument(event, "keepdim") === true) for (const i of ones) if (known[0].shape[i] > 1) written.add(i);
  return {
    origins: new Set(known.flatMap(({ origins }) => [...origins])),
    written: new Set([...written].filter((i) => ones.has(i))),
  };
}

const nobody: Trace = { origins: new Set(), written: new Set() };

/** A result with as many dimensions has them in the same places. */
const inherited = ({ length }: readonly number[], operands: readonly Shaped[]): Set<number> =>
  new Set(operands.flatMap((operand) => (operand.shape.length === length ? [...operand.written] : [])));

/** Operators that make or move dimensions: where the written ones are afterwards. */
const writtenBy: Record<string, (event: OperatorEvent, operand: Shaped) => Set<number>> = {
  unsqueeze(event, { shape, written }) {
    const at = modulo(argument(event, "dim") as number, shape.length + 1);
    return new Set([at, ...[...written].map((i) => (i < at ? i : i + 1))]);
  },
  transpose(event, { shape, written }) {
    const [a, b] = ["dim0", "dim1"].map((name) => modulo(argument(event, name) as number, shape.length));
    return new Set([...written].map((i) => (i === a ? b : i === b ? a : i)));
  },
  permute(event, { shape, written }) {
    const order = (argument(event, "dims") as number[]).map((dim) => modulo(dim, shape.length));
    return new Set([...written].map((i) => order.indexOf(i)));
  },
};

const modulo = (dim: number, count: number): number => (dim < 0 ? dim + count : dim);
