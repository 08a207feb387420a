/** The form that every bench shares: a table for people, then one line of JSON for programs. */
import { cpus, loadavg, totalmem } from "node:os";

export interface Row {
  name: string;
  unit: string;
  ours: number;
  reference: number;
  ratio: number;
  /** The largest ratio that passes; null for a row that only informs. */
  target: number | null;
  ok: boolean;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  /** Work waiting on the processor in the last minute; above the bench's own threads, something else was running. */
  load: number;
  [detail: string]: unknown;
}

/** Smaller is better, on both sides. */
export function row(name: string, unit: string, ours: number, reference: number, target: number | null): Row {
  const ratio = ours / reference;
  return { name, unit, ours, reference, ratio, target, ok: target === null || ratio <= target };
}

export function machine(details: Record<string, unknown> = {}): Machine {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return { cpu: cpus()[0].model, cores: cpus().length, memoryGiB, load: loadavg()[0], node: process.version, ...details };
}

/** Prints the table and the JSON line. */
export function show(bench: string, rows: Row[], machine: Machine): void {
  const cells = rows.map(({ name, unit, ours, reference, ratio, target, ok }) => [
    name,
    `${digits(ours)} ${unit}`,
    `${digits(reference)} ${unit}`,
    ratio.toFixed(2),
    target === null ? "" : `<= ${target}`,
    ok ? "ok" : "MISSED",
  ]);
  console.log(aligned([[bench, "ours", "reference", "ratio", "target", ""], ...cells]));
  console.log(JSON.stringify({ bench, rows, machine }));
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function aligned(lines: string[][]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (cell: string, column: number) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]));
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}
