/**
 * What `distill` and `finetune` choose where nobody has said, and why. Each rule is a function of what is known before training,
 * and returns the reason with the value: it is printed, and stands in the written recipe. Who knows better changes the recipe.
 */

import type { TrainAugmentOptions } from "../../augment/index.js";
import type { LayerPair } from "../../methods/index.js";
import type { ModelInfo } from "../../models/index.js";

export interface Choice<T> {
  readonly value: T;
  readonly why: string;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const powerOfTwoUpTo = (value: number): number => 2 ** Math.floor(Math.log2(Math.max(1, value)));
/** Two significant digits: nobody means more. */
const rounded = (value: number): number => Number(value.toPrecision(2));

/** Passes over the pictures: a student from scratch has to see about 300,000, a trained one 30,000. */
export function epochsFor(pictures: number, { trained }: { trained: boolean }): Choice<number> {
  const [seen, least, most] = trained ? [30_000, 10, 50] : [300_000, 20, 300];
  const value = clamp(Math.round(seen / pictures), least, most);
  const who = trained ? "a trained model" : "a student from scratch";
  return { value, why: `${who} should see ${seen / 1000},000 pictures, in ${least} to ${most} passes` };
}

/** A power of two, eight steps or more an epoch, no more than one machine likes. */
export function batchFor(pictures: number, { device }: { device: string }): Choice<number> {
  const most = device === "cpu" ? 64 : 256;
  const value = clamp(powerOfTwoUpTo(pictures / 8), 8, most);
  return { value, why: `at least eight steps an epoch, at most ${most} pictures on ${device}` };
}

/** Bytes that training keeps of one picture: of each block's activations about sixteen floats a value, as a transformer's block has. */
export function bytesOf({ taps, layers, depth }: ModelInfo): number {
  const perLayer = layers.map((name) => taps[name].grid[0] * taps[name].grid[1] * taps[name].width);
  const blocksEach = Math.max(1, depth / layers.length);
  return perLayer.reduce((sum, values) => sum + values * 16 * 4 * blocksEach, 0);
}

/** Parts of a batch, so that what a part keeps fits a quarter of the memory: the rest is for teachers, weights and pictures. */
export function partsFor(batch: number, student: ModelInfo, { memory }: { memory: number }): Choice<number> {
  const fits = Math.max(1, Math.floor(memory / 4 / bytesOf(student)));
  const value = Math.ceil(batch / powerOfTwoUpTo(Math.min(batch, fits)));
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return {
    value,
    why: `a batch keeps about ${gigabytes(batch * bytesOf(student))}, and a quarter of the memory is ${gigabytes(memory / 4)}`,
  };
}

/** DeiT's 1e-3 at 1,024 pictures; for Adam it goes with the root of the batch. https://arxiv.org/abs/2205.10287 */
export function rateFor(batch: number, { trained }: { trained: boolean }): Choice<number> {
  const top = trained ? 1e-4 : 1e-3;
  const because = trained ? "a tenth of DeiT's 1e-3, for a trunk that is trained already" : "DeiT's 1e-3";
  return { value: rounded(top * Math.sqrt(batch / 1024)), why: `${because}, at 1,024 pictures; with the root of the batch` };
}

/** DeiT's five epochs, and no more than a tenth of a short run. */
export const warmupFor = (epochs: number): number => Math.min(5, epochs / 10);

/** The share of pictures that may be unusable: one in twenty, and five at least, which of few pictures is more. */
export const maxBadFor = (splits: readonly number[]): number =>
  Math.min(0.5, Math.max(0.05, ...splits.map((pictures) => rounded(5 / pictures))));

/** Evaluations cost time: at most fifty in a run. */
export const evalEveryFor = (epochs: number): number => Math.max(1, Math.ceil(epochs / 50));

export interface Strength {
  name: "light" | "medium" | "full";
  augment: TrainAugmentOptions;
  mix: { alpha: number; cutmix: number; probability: number } | null;
}

/** The stronger an augmentation, the more passes it takes before it pays. https://arxiv.org/abs/2106.10270 */
export function strengthFor(epochs: number, { trained, channels }: { trained: boolean; channels: number }): Choice<Strength> {
  const colours = channels === 3;
  const grey: TrainAugmentOptions = colours ? {} : { rand: null, jitter: 0 };
  if (epochs < 50 || trained)
    return {
      value: {
        name: "light",
        augment: { scale: [0.35, 1], rand: null, jitter: colours ? 0.3 : 0, erasing: 0 },
        mix: null,
      },
      why: trained ? "a trained model needs little" : `${epochs} passes are too few to learn from strongly changed pictures`,
    };
  if (epochs < 150)
    return {
      value: {
        name: "medium",
        augment: { scale: [0.2, 1], erasing: 0, ...grey },
        mix: { alpha: 0.8, cutmix: 1, probability: 0.5 },
      },
      why: `for ${epochs} passes, half of the batches mixed and nothing erased`,
    };
  return {
    value: { name: "full", augment: grey, mix: { alpha: 0.8, cutmix: 1, probability: 1 } },
    why: `${epochs} passes are enough for DeiT's own augmentation`,
  };
}

export interface Layers {
  /** Undefined for the method's own choice. */
  layers?: readonly LayerPair[];
  unequalGrids?: "merge";
}

type Grid = readonly [number, number];

/** Whole numbers of patches, and no more than 2×2 side by side: widths of thousands teach little and cost much. */
const canMeet = (a: Grid, b: Grid): boolean => {
  const [small, large] = a[0] <= b[0] ? [a, b] : [b, a];
  return [0, 1].every((side) => large[side] % small[side] === 0 && large[side] / small[side] <= 2);
};
const same = (a: Grid, b: Grid): boolean => a[0] === b[0] && a[1] === b[1];

/** Which layers can be compared patch by patch: the released first and last four where all grids are one, else stage by stage. */
export function layersFor(student: ModelInfo, teacher: ModelInfo): Choice<Layers> | undefined {
  if (student.layers.length === 0 || teacher.layers.length === 0) return undefined;
  const gridOf = (model: ModelInfo, layer: number): Grid => model.taps[model.layers[layer]].grid;
  const grids = [student, teacher].flatMap((model) => model.layers.map((_, i) => gridOf(model, i)));
  if (grids.every((grid) => same(grid, grids[0])))
    return { value: {}, why: "first and last four layers, as the released code: both models keep one grid of patches" };
  const [S, T] = [student.layers.length, teacher.layers.length];
  const steps = Math.min(S, T);
  const pairs = Array.from({ length: steps }, (_, i): [number, number] => [
    Math.round(((i + 1) * S) / steps) - 1,
    Math.round(((i + 1) * T) / steps) - 1,
  ]).filter(([s, t]) => canMeet(gridOf(student, s), gridOf(teacher, t)));
  if (pairs.length === 0) return undefined;
  const chosen = pairs.length > 8 ? [...pairs.slice(0, 4), ...pairs.slice(-4)] : pairs;
  const isEqual = chosen.every(([s, t]) => same(gridOf(student, s), gridOf(teacher, t)));
  return {
    value: { layers: chosen, ...(!isEqual && { unequalGrids: "merge" as const }) },
    why: `${pairs.length} of ${steps} layers at equal depths have grids that meet${pairs.length > 8 ? ", of which the first and last four are taken" : ""}`,
  };
}
