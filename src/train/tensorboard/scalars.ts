/** A line of metrics.jsonl as TensorBoard's curves: every number in it, under the names that lead to it. */

import type { MetricsRow } from "../run-folder.js";
import type { Scalar } from "./event-file.js";

/** What says where a number belongs, and is none itself. */
const PLACE = new Set(["kind", "step", "epoch", "time", "split", "weights", "pictures", "unusable"]);

/** `train/loss`, `train/terms/task`, `val/top1`, and `val-ema/top1` for the average of the weights. */
export function scalarsOf(row: MetricsRow): Scalar[] {
  const own = Object.entries(row).filter(([name]) => !PLACE.has(name));
  return own.flatMap(([name, value]) => numbersIn(`${groupOf(row)}/${name}`, value));
}

function groupOf(row: MetricsRow): string {
  if (row.kind !== "eval") return row.kind;
  return row.weights === "raw" ? row.split : `${row.split}-${row.weights}`;
}

function numbersIn(tag: string, value: unknown): Scalar[] {
  if (typeof value === "number") return [{ tag, value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersIn(`${tag}/${name}`, inner));
}
