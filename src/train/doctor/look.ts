/** What a teacher answered on pictures, gathered batch by batch. */

import type { Batch } from "../../data/index.js";
import type { Tensor } from "../../torch/index.js";
import { interval } from "./confidence.js";

export class Look {
  /** The class named for each picture. */
  readonly predictions: number[] = [];
  readonly labels: number[] = [];
  readonly classes: number;
  hits = 0;
  #confidence = 0;
  #entropy = 0;

  constructor(classes: number) {
    this.classes = classes;
  }

  /** Call it in a tidy. */
  add(logits: Tensor /* [B, classes] */, labels: Batch["labels"]): void {
    const logProbabilities = logits.logSoftmax(-1, { dtype: "float32" }); // [B, classes]
    const probabilities = logProbabilities.exp(); // [B, classes]
    this.#confidence += probabilities.amax({ dim: 1 }).sum().item();
    this.#entropy -= probabilities
      .mul(logProbabilities.clamp({ min: -100 }))
      .sum()
      .item(); // 0 · −∞ would be no number
    const predictions = Array.from(logits.argmax({ dim: 1 }).data() as BigInt64Array, Number);
    this.predictions.push(...predictions);
    this.labels.push(...Array.from(labels, Number));
    this.hits += predictions.filter((prediction, i) => prediction === Number(labels[i])).length;
  }

  get n(): number {
    return this.predictions.length;
  }

  /** The share of pictures that it is right on, 0 to 1. */
  get top1(): number {
    return this.hits / this.n;
  }

  /** The same with certainty: between these, 999 times in 1000. */
  get bounds(): [low: number, high: number] {
    return interval(this.hits, this.n);
  }

  /** What answers as frequent as these would get right if they knew nothing of the pictures, 0 to 1. */
  get chance(): number {
    const [named, there] = [tally(this.predictions, this.classes), tally(this.labels, this.classes)];
    return named.reduce((sum, count, k) => sum + count * there[k], 0) / this.n ** 2;
  }

  /** How far from chance (0) to perfect (1) a share is. */
  skill(share = this.top1): number {
    return (share - this.chance) / (1 - this.chance);
  }

  /** Mean of the largest probability. */
  get confidence(): number {
    return this.#confidence / this.n;
  }

  /** Mean entropy of the answers: 0 where they are certain, 1 where they say nothing. */
  get entropy(): number {
    return this.#entropy / this.n / Math.log(this.classes);
  }

  /** The class named most often, and its share of the answers and of the labels. */
  get favourite(): { label: number; share: number; due: number } {
    const named = tally(this.predictions, this.classes);
    const label = named.indexOf(Math.max(...named));
    return { label, share: named[label] / this.n, due: tally(this.labels, this.classes)[label] / this.n };
  }

  /** On the pictures that both saw: how many this one has right and the other wrong, and the other way round. */
  against(other: Look): { gains: number; losses: number; points: number } {
    let [gains, losses] = [0, 0];
    const n = Math.min(this.n, other.n);
    for (let i = 0; i < n; i++) {
      const [mine, theirs] = [this, other].map(({ predictions }) => predictions[i] === this.labels[i]);
      gains += Number(mine && !theirs);
      losses += Number(theirs && !mine);
    }
    return { gains, losses, points: (gains - losses) / n };
  }

  /** The same answers under other names: answer j stands for class `order[j]`. */
  renamed(order: ArrayLike<number>): Look {
    const look = new Look(this.classes);
    look.predictions.push(...this.predictions.map((prediction) => order[prediction]));
    look.labels.push(...this.labels);
    look.hits = look.predictions.filter((prediction, i) => prediction === look.labels[i]).length;
    return look;
  }
}

/** How often each number below `classes` is there. */
function tally(numbers: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const number of numbers) counts[number]++;
  return counts;
}
