/** A data set in memory, and the ways to take a part of it. */
import { DataError } from "./error.js";
import { Rng } from "./rng.js";

export interface Samples {
  readonly name: string;
  readonly images: Uint8Array; // [n, C, H, W]
  readonly labels: Uint8Array; // [n]
  readonly n: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: string[];
}

export function subset(samples: Samples, indices: ArrayLike<number>): Samples {
  const size = samples.channels * samples.height * samples.width;
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i];
    if (!Number.isInteger(from) || from < 0 || from >= samples.n)
      throw new DataError(`${samples.name} has samples 0 to ${samples.n - 1}; the subset asks for ${from}.`);
    images.set(samples.images.subarray(from * size, (from + 1) * size), i * size);
    labels[i] = samples.labels[from];
  }
  return { ...samples, images, labels, n: indices.length };
}

export function classCounts(samples: Samples): number[] {
  const counts = samples.classes.map(() => 0);
  for (const label of samples.labels) counts[label]++;
  return counts;
}

/** Part of every class in proportion. `validation` below 1 is a fraction, from 1 on a count. Both parts keep the order. */
export function stratifiedSplit(
  samples: Samples,
  { validation, seed }: { validation: number; seed: number },
): { train: Samples; validation: Samples } {
  const held = validation < 1 ? Math.round(validation * samples.n) : validation;
  if (!Number.isInteger(held) || held < 1 || held >= samples.n)
    throw new DataError(
      `Cannot hold out ${validation} of ${samples.name}'s ${samples.n} samples: give a fraction below 1 or a count from 1 to ${samples.n - 1}.`,
    );
  const chosen = choose(samples, proportional(classCounts(samples), held), Rng.from(seed, "split"));
  return { train: subset(samples, where(chosen, 0)), validation: subset(samples, where(chosen, 1)) };
}

/** `perClass` of every class, or `total` in the classes' proportions. With one seed, a smaller subset lies within a larger one of the same kind. */
export function stratifiedSubset(
  samples: Samples,
  { seed, ...size }: { seed: number } & ({ perClass: number } | { total: number }),
): Samples {
  const counts = classCounts(samples);
  const wanted = "perClass" in size ? counts.map(() => size.perClass) : proportional(counts, size.total);
  const short = counts.findIndex(
    (count, label) => !(Number.isInteger(wanted[label]) && wanted[label] >= 0 && wanted[label] <= count),
  );
  if (short >= 0)
    throw new DataError(
      `${samples.name} has ${counts[short]} samples of "${samples.classes[short]}"; the subset asks for ${wanted[short]}.`,
    );
  return subset(samples, where(choose(samples, wanted, Rng.from(seed, "subset")), 1));
}

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

/** A mark per sample: 1 for the first `wanted[label]` of each class in random order. */
function choose(samples: Samples, wanted: number[], rng: Rng): Uint8Array {
  const left = [...wanted];
  const chosen = new Uint8Array(samples.n);
  for (const i of rng.permutation(samples.n)) {
    if (left[samples.labels[i]]-- > 0) chosen[i] = 1;
  }
  return chosen;
}

function where(marks: Uint8Array, mark: number): Uint32Array {
  const indices: number[] = [];
  marks.forEach((value, i) => value === mark && indices.push(i));
  return Uint32Array.from(indices);
}
