/** A recipe of seconds on pictures of noise with a pattern in them. */

import { centreCrop, compose, flip, normalise, randomErasing } from "../../src/augment/index.js";
import { type Dataset, Rng, type Samples, samples } from "../../src/data/index.js";
import { manifold } from "../../src/methods/index.js";
import { cait, vit } from "../../src/models/index.js";
import { adamW, cosine } from "../../src/optim/index.js";
import type { Recipe } from "../../src/train/index.js";

export const size = { imgSize: 8, inChannels: 1, numClasses: 3, patchSize: 4, input: { mean: [0.5], std: [0.5] } };
export const pupil = (options = {}) => vit({ ...size, embedDim: 16, depth: 2, heads: 2, ...options });
export const master = (options = {}) => cait({ ...size, embedDim: 24, depth: 2, heads: 2, initScale: 0.1, ...options });

/** Class k is bright in column k. */
export function columns(n: number, seed = 0): Samples {
  const rng = Rng.from(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3);
  const images = Uint8Array.from(
    { length: n * 64 },
    (_, i) => rng.int(100) + (i % 8 === 2 * labels[Math.floor(i / 64)] ? 155 : 0),
  );
  return samples({ name: "columns", images, labels, channels: 1, height: 8, width: 8, classes: ["left", "middle", "right"] });
}

/** For pictures of any size. */
export const cut = compose([centreCrop({ size: 8 }), normalise({ mean: [0.5], std: [0.5] })]);

/** `columns`, of which these rows cannot be read. */
export function damaged(n: number, rows: readonly number[], seed = 0): Dataset {
  const whole = columns(n, seed);
  const picture = (row: number) => ({ data: whole.images.subarray(64 * row, 64 * row + 64), channels: 1, height: 8, width: 8 });
  const read = (row: number) => {
    if (rows.includes(row)) throw new Error("it is truncated");
    return picture(row);
  };
  return { ...whole, pictures: { kind: "own", name: (row) => `${seed}/${row}.png`, read } };
}

export const toyRecipe = (change: Partial<Recipe> = {}): Recipe => ({
  name: "toy",
  student: () => pupil({ dropPath: 0.2, drop: 0.1 }),
  teachers: [() => master()],
  method: manifold({ layers: [[0, 0], [1, 1]], samples: 16, alpha: 0.5 }), // biome-ignore format: two pairs
  data: {
    train: columns(60),
    val: columns(30, 1),
    batchSize: 12,
    augment: compose([flip(), normalise({ mean: [0.5], std: [0.5] }), randomErasing({ probability: 0.5, mode: "pixel" })]),
  },
  epochs: 3,
  optimizer: adamW({ lr: 3e-3, weightDecay: 0.05 }),
  schedule: cosine({ warmupEpochs: 1 }),
  precision: "float32",
  logEvery: 1,
  ...change,
});
