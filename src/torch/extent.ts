/** How far a tensor's numbers reach, and whether they are numbers at all. */

import { addon } from "./addon.js";
import { resolve } from "./dispatch.js";
import type { DType } from "./dtype.js";
import { tidy } from "./scope.js";
import { Tensor } from "./tensor.js";

export interface Extent {
  /** The argument's, or the tensor's. */
  name: string;
  dtype: DType;
  shape: readonly number[];
  /** Of the finite numbers; null where there is none. */
  least: number | null;
  most: number | null;
  /** How many are NaN or ±Inf. */
  notFinite: number;
}

/** A tensor, or what a listener knows of one. */
type Held = Pick<Tensor, "handle">;

let isfinite: number | undefined;
let all: number | undefined;
let to: number | undefined;

const isFloating = (handle: number): boolean => addon.dtype(handle).includes("float");

/** Whether it holds no NaN and no Inf. Asked by listeners too: nothing of it passes the seam. */
export function allFinite({ handle }: Held): boolean {
  if (!isFloating(handle)) return true;
  isfinite ??= resolve("isfinite", "", ["self"]);
  all ??= resolve("all", "", ["self"]);
  const marks = addon.call(isfinite, handle) as number;
  const verdict = addon.call(all, marks) as number;
  const result = Boolean(addon.item(verdict));
  addon.dispose([marks, verdict]);
  return result;
}

/** Another handle to the same tensor, history included; to be freed by the caller. */
export function sameTensor(handle: number): number {
  to ??= resolve("to", "dtype_layout", ["self"]);
  return addon.call(to, handle) as number;
}

/** The numbers of a tensor that somebody else owns. */
function numbersOf(handle: number): Float32Array | Float64Array {
  return tidy(() => {
    const own = new Tensor(sameTensor(handle)).detach();
    return (own.dtype === "float64" ? own : own.to({ dtype: "float32" })).data() as Float32Array | Float64Array;
  });
}

export function extentOf(name: string, { handle }: Held): Extent {
  const numbers = numbersOf(handle);
  let [least, most, notFinite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const number of numbers) {
    if (!Number.isFinite(number)) notFinite += 1;
    else {
      if (number < least) least = number;
      if (number > most) most = number;
    }
  }
  const any = notFinite < numbers.length;
  return {
    name,
    dtype: addon.dtype(handle) as DType,
    shape: addon.shape(handle),
    least: any ? least + 0 : null, // which zero is found first depends on the order of sums: 0 for both
    most: any ? most + 0 : null,
    notFinite,
  };
}

/**
 * Which of the pictures `first`, `first` + 1, … have NaN or Inf in a tensor whose first dimension is these `count`, or these times
 * something; none where it is neither.
 */
export function rowsNotFinite({ handle }: Held, { first, count }: { first: number; count: number }): number[] {
  const [extent = 0] = addon.shape(handle);
  if (extent === 0 || extent % count !== 0) return [];
  const numbers = numbersOf(handle);
  const size = numbers.length / count;
  const rows = new Set<number>();
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) rows.add(first + Math.floor(i / size));
  return [...rows];
}
