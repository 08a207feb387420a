/** One comparison with a golden value, and how far off it may be. */

import type { Tensor } from "../../src/torch/index.js";

export interface Check {
  /** The model or the case. */
  subject: string;
  what: string;
  /** The largest relative error. */
  error: number;
  tolerance: number;
}

/** A tensor as the fixtures keep it. */
export interface Summary {
  shape: number[];
  sum: number;
  abs_sum: number;
  head: number[];
}

/** What PyTorch against PyTorch on another BLAS needs (fixtures/README.md). */
export const tolerances = { logits: 2e-4, term: 1e-5, gradNormFirst: 1e-4, gradNormLast: 1e-3 };

/** Equal or not. */
export const exact = (subject: string, what: string, same: boolean): Check => ({
  subject,
  what,
  error: same ? 0 : Number.POSITIVE_INFINITY,
  tolerance: 0,
});

export const passed = ({ error, tolerance }: Check): boolean => error <= tolerance;

export const relative = (ours: number, golden: number): number =>
  ours === golden ? 0 : Math.abs(ours - golden) / Math.abs(golden);

/** The largest difference, relative to the largest golden value. */
export function relativeToLargest(ours: readonly number[], golden: readonly number[]): number {
  if (ours.length !== golden.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...golden.map(Math.abs));
  const gap = Math.max(...golden.map((value, i) => Math.abs(ours[i] - value)));
  return gap === 0 ? 0 : gap / largest;
}

/** Sums against the sum of absolute values; the first values against the larger of their largest and the mean. */
export function summaryError(ours: Tensor, golden: Summary): number {
  if (ours.shape.join() !== golden.shape.join()) return Number.POSITIVE_INFINITY;
  const values = ours.data() as Float32Array;
  const sum = values.reduce((total, value) => total + value, 0);
  const absSum = values.reduce((total, value) => total + Math.abs(value), 0);
  const scale = Math.max(golden.abs_sum / values.length, ...golden.head.map(Math.abs));
  const first = Math.max(...golden.head.map((value, i) => Math.abs(values[i] - value))) / scale;
  return Math.max(first, Math.abs(sum - golden.sum) / golden.abs_sum, relative(absSum, golden.abs_sum));
}
