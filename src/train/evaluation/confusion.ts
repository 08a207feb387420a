/** Which classes are taken for which. Only pairs that occur are kept: a thousand classes have a million pairs, and few of them happen. */

/** A class, what is named so, and what is really so. */
export interface ClassScore {
  label: number;
  name: string;
  /** Pictures of this class. */
  pictures: number;
  /** Of these, those that are named so. */
  right: number;
  /** Pictures of any class that are named so. */
  named: number;
  /** right / pictures, the class's accuracy, also called its recall; null where there is no picture of it. */
  accuracy: number | null;
  /** right / named; null where nothing is named so. */
  precision: number | null;
}

/** So many pictures of class `label` were named `prediction`. */
export type ConfusionEntry = [label: number, prediction: number, count: number];

/** The counts that are not 0, by label and then by prediction. */
export function confusion(predictions: Int32Array /* [n] */, labels: Int32Array /* [n] */): ConfusionEntry[] {
  const counts = new Map<number, Map<number, number>>();
  for (let i = 0; i < labels.length; i++) {
    if (predictions[i] < 0) continue;
    const row = counts.get(labels[i]) ?? new Map<number, number>();
    row.set(predictions[i], (row.get(predictions[i]) ?? 0) + 1);
    counts.set(labels[i], row);
  }
  const entries = [...counts].flatMap(([label, row]) => [...row].map(([named, count]): ConfusionEntry => [label, named, count]));
  return entries.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** Every class by itself. */
export function classScores(entries: readonly ConfusionEntry[], classes: readonly string[]): ClassScore[] {
  const scores = classes.map((name, label) => ({ label, name, pictures: 0, right: 0, named: 0 }));
  for (const [label, named, count] of entries) {
    scores[label].pictures += count;
    scores[named].named += count;
    if (label === named) scores[label].right += count;
  }
  return scores.map((score) => ({
    ...score,
    accuracy: score.pictures === 0 ? null : score.right / score.pictures,
    precision: score.named === 0 ? null : score.right / score.named,
  }));
}
