/** The form that every bench shares: rows, a table of them for people, and a JSON file for programs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { commit } from "./commit.js";
import { isa } from "./precisions.js";

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

/** A row that could not be measured here, and why. */
export interface Missing {
  name: string;
  why: string;
}

export interface Machine {
  /** Of the sources that ran. */
  commit: string | null;
  cpu: string;
  /** The instruction set that both sides used. */
  isa: string;
  cores: number;
  memoryGiB: number;
  /** Work waiting on the processor in the last minute; above the bench's own threads, something else was running. */
  load: number;
  node: string;
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

export function machine(details: Record<string, unknown>): Machine {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const facts = { cpu: cpus()[0].model, isa, cores: cpus().length, memoryGiB, load: loadavg()[0], node: process.version };
  return { commit: commit(), ...facts, ...details };
}

/** The table for people: what was measured, then what could not be. */
export function table(title: string, rows: readonly Row[], missing: readonly Missing[] = []): string {
  const measured = rows.map(({ name, unit, ours, reference, ratio, target, ok, bound }) => [
    name,
    `${digits(ours)} ${unit}`,
    `${digits(reference)} ${unit}`,
    ratio.toFixed(2),
    target === null ? "–" : `<= ${+target.toFixed(4)}`,
    bound === undefined ? "–" : `${digits(bound)} ${unit}`,
    ok ? "ok" : "MISSED",
  ]);
  const unmeasured = missing.map(({ name, why }) => [name, "–", "–", "–", "–", "–", `not run: ${why}`]);
  return aligned([[title, "ours", "PyTorch", "ratio", "target", "bound", ""], ...measured, ...unmeasured]);
}

/** What a bench found, and where. */
export interface Result {
  bench: string;
  machine: Machine;
  rows: Row[];
  missing: Missing[];
}

/** Keeps the last result of a bench beside it, as results/NAME.json. */
export function keep(result: Result): void {
  const rows = [...result.rows.map((row) => ({ ...row, ...rounded(row) })), ...result.missing];
  const text = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  const { bench, machine } = result;
  const lines = [`  "bench": ${JSON.stringify(bench)}`, `  "machine": ${JSON.stringify(machine)}`, `  "rows": [\n${text}\n  ]`];
  mkdirSync(new URL("results/", import.meta.url), { recursive: true });
  writeFileSync(new URL(`results/${bench}.json`, import.meta.url), `{\n${lines.join(",\n")}\n}\n`);
}

const rounded = ({ ours, reference, ratio, bound }: Row) => ({
  ours: +ours.toPrecision(6),
  reference: +reference.toPrecision(6),
  ratio: +ratio.toPrecision(4),
  ...(bound !== undefined && { bound: +bound.toPrecision(6) }),
});

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function aligned(lines: string[][]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const last = widths.length - 1;
  const pad = (cell: string, at: number) => (at === 0 || at === last ? cell.padEnd(widths[at]) : cell.padStart(widths[at]));
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}
