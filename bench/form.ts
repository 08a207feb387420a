/** The form that every bench shares: a table for people, then one line of JSON for programs. */
import { mkdirSync, writeFileSync } from "node:fs";
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
  /** What the work takes at least on this machine, where that is known. */
  bound?: number;
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
export function row(name: string, unit: string, ours: number, reference: number, target: number | null, bound?: number): Row {
  const ratio = ours / reference;
  return { name, unit, ours, reference, ratio, target, ok: target === null || ratio <= target, bound };
}

/** A number that both sides have to agree on, to a relative difference of `tolerance`. */
export function agreement(name: string, ours: number, reference: number, tolerance: number): Row {
  const ratio = ours / reference;
  return { name, unit: "", ours, reference, ratio, target: 1 + tolerance, ok: Math.abs(ratio - 1) <= tolerance };
}

export function machine(details: Record<string, unknown> = {}): Machine {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return { cpu: cpus()[0].model, cores: cpus().length, memoryGiB, load: loadavg()[0], node: process.version, ...details };
}

/** Prints the table and the JSON line. */
export function show({ bench, rows, machine }: Result): void {
  print(bench, rows);
  console.log(JSON.stringify({ bench, rows, machine }));
}

/** Prints the rows alone. */
export function print(title: string, rows: Row[]): void {
  const cells = rows.map(({ name, unit, ours, reference, ratio, target, ok, bound }) => [
    name,
    `${digits(ours)} ${unit}`,
    `${digits(reference)} ${unit}`,
    ratio.toFixed(2),
    target === null ? "" : `<= ${+target.toFixed(4)}`,
    bound === undefined ? "" : `${digits(bound)} ${unit}`,
    ok ? "ok" : "MISSED",
  ]);
  console.log(aligned([[title, "ours", "PyTorch", "ratio", "target", "bound", ""], ...cells]));
}

/** What a bench found, and where. */
export interface Result {
  bench: string;
  rows: Row[];
  machine: Machine;
}

/** Keeps the last result of a bench beside it, as results/NAME.json. */
export function keep(result: Result): void {
  const rows = result.rows.map((row) => ({ ...row, ...rounded(row) }));
  const text = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  const { bench, machine } = result;
  const lines = [`  "bench": ${JSON.stringify(bench)}`, `  "machine": ${JSON.stringify(machine)}`, `  "rows": [\n${text}\n  ]`];
  mkdirSync(new URL("results/", import.meta.url), { recursive: true });
  writeFileSync(new URL(`results/${bench}.json`, import.meta.url), `{\n${lines.join(",\n")}\n}\n`);
}

const rounded = ({ ours, reference, ratio }: Row) => ({
  ours: +ours.toPrecision(6),
  reference: +reference.toPrecision(6),
  ratio: +ratio.toPrecision(4),
});

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
