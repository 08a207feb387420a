/** What the loader reads: labelled pictures, wherever they lie, and the ways to take a part of them. No picture is copied. */
import { DataError } from "./error.js";
import type { PictureSource } from "./pictures.js";
import { Rng } from "./rng.js";

export interface Dataset {
  readonly name: string;
  /** Their names, by label; empty where nothing is labelled. */
  readonly classes: readonly string[];
  readonly n: number;
  /** That pictures have, or are decoded to: 3 or 1. */
  readonly channels: number;
  readonly labels: Int32Array; // [n], −1 for a picture without a label
  readonly pictures: PictureSource; // n rows
}

/** Whether pictures have labels. Some with and some without is refused by `checkDataset`. */
export const isLabelled = ({ labels }: Dataset): boolean => labels.length > 0 && labels[0] >= 0;

/** Refuses what no loader could go through. */
export function checkDataset({ name, n, labels, classes }: Dataset): void {
  if (n < 1) throw new DataError("ERR_DATA_EMPTY", `${name} has no samples.`);
  if (labels.length !== n) throw new DataError("ERR_DATA_LABELS", `${name} has ${n} samples and ${labels.length} labels.`);
  const beyond = labels.find((label) => label >= classes.length);
  if (beyond !== undefined)
    throw new DataError("ERR_DATA_LABELS", `${name} has a label ${beyond}, but only ${classes.length} classes.`);
  const bare = labels.reduce((count, label) => count + Number(label < 0), 0);
  if (bare > 0 && bare < n)
    throw new DataError(
      "ERR_DATA_LABELS",
      `${name} has labels for ${n - bare} of its ${n} samples: take all with labels, or none.`,
    );
}

/** The samples asked for, in that order. */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const rows = Uint32Array.from(indices, (index) => {
    if (Number.isInteger(index) && index >= 0 && index < dataset.n) return index;
    throw new DataError("ERR_INVALID_OPTION", `${dataset.name} has samples 0 to ${dataset.n - 1}; the subset asks for ${index}.`);
  });
  const { name, classes, channels, labels, pictures } = dataset;
  const part =
    pictures.kind === "part"
      ? { ...pictures, rows: rows.map((row) => pictures.rows[row]) }
      : { kind: "part" as const, of: pictures, rows };
  return { name, classes, channels, n: rows.length, labels: Int32Array.from(rows, (row) => labels[row]), pictures: part };
}

/** Samples of each class. */
export function classCounts({ classes, labels }: Dataset): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels) if (label >= 0) counts[label]++;
  return counts;
}

/** Part of every class in proportion. `validation` below 1 is a fraction, from 1 on a count. Both parts keep the order. */
export function stratifiedSplit(
  dataset: Dataset,
  { validation, seed }: { validation: number; seed: number },
): { train: Dataset; validation: Dataset } {
  const held = validation < 1 ? Math.round(validation * dataset.n) : validation;
  if (!Number.isInteger(held) || held < 1 || held >= dataset.n)
    throw new DataError(
      "ERR_INVALID_OPTION",
      `Cannot hold out ${validation} of ${dataset.name}'s ${dataset.n} samples: give a fraction below 1 or a count from 1 to ${dataset.n - 1}.`,
    );
  const chosen = choose(dataset, proportional(groupCounts(dataset), held), Rng.from(seed, "split"));
  return { train: subset(dataset, where(chosen, 0)), validation: subset(dataset, where(chosen, 1)) };
}

/** `perClass` of every class, or `total` in the classes' proportions. With one seed, a smaller subset lies within a larger one of the same kind. */
export function stratifiedSubset(
  dataset: Dataset,
  { seed, ...size }: { seed: number } & ({ perClass: number } | { total: number }),
): Dataset {
  const counts = groupCounts(dataset);
  const wanted = "perClass" in size ? counts.map(() => size.perClass) : proportional(counts, size.total);
  const short = counts.findIndex(
    (count, label) => !(Number.isInteger(wanted[label]) && wanted[label] >= 0 && wanted[label] <= count),
  );
  if (short >= 0)
    throw new DataError(
      "ERR_INVALID_OPTION",
      `${dataset.name} has ${counts[short]} samples${dataset.classes.length > 0 ? ` of "${dataset.classes[short]}"` : ""}; the subset asks for ${wanted[short]}.`,
    );
  return subset(dataset, where(choose(dataset, wanted, Rng.from(seed, "subset")), 1));
}

/** Samples of each class; without labels, all are one group. */
const groupCounts = (dataset: Dataset): number[] => (isLabelled(dataset) ? classCounts(dataset) : [dataset.n]);

/** Shares of `total` by largest remainder; the earlier class wins a tie. */
function proportional(counts: number[], total: number): number[] {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count * total) / n);
  const shares = exact.map(Math.floor);
  const byRemainder = exact.map((_, label) => label).sort((a, b) => exact[b] - shares[b] - (exact[a] - shares[a]) || a - b);
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  for (const label of byRemainder.slice(0, left)) shares[label]++;
  return shares;
}

/** A mark per sample: 1 for the first `wanted[group]` of each group in random order. */
function choose({ n, labels }: Dataset, wanted: number[], rng: Rng): Uint8Array {
  const left = [...wanted];
  const chosen = new Uint8Array(n);
  for (const i of rng.permutation(n)) {
    if (left[Math.max(0, labels[i])]-- > 0) chosen[i] = 1;
  }
  return chosen;
}

function where(marks: Uint8Array, mark: number): Uint32Array {
  const indices: number[] = [];
  marks.forEach((value, i) => value === mark && indices.push(i));
  return Uint32Array.from(indices);
}
