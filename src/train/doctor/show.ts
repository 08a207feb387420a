/** Shows teachers pictures. Which ones, and what training mode draws, follows from the seed; no stream of anybody else is moved. */

import { evalAugment, normalise } from "../../augment/index.js";
import { type BadPicture, type Batch, type Dataset, type ImageOp, Loader, pictureSize, Rng, subset } from "../../data/index.js";
import { type Device, type Tensor, tensor, tidy } from "../../torch/index.js";
import type { Recipe } from "../recipe.js";
import { drawingFrom, runStreams } from "../streams.js";
import type { Pictures } from "../view.js";
import type { Subject } from "./subject.js";
import type { Statistics } from "./views.js";

const BATCH = 32;
/** The short form looks at no further batch after so many milliseconds, if it has seen so many pictures. */
const PATIENCE = 2000;
const ENOUGH = 128;

export interface ShowOptions {
  /** At most so many. */
  images: number;
  device: Device;
  short: boolean;
}

/** Each batch is shown to all of them. Returns how many pictures there were, and which could not be used. */
export async function show(
  subjects: readonly Subject[],
  { seed = 0, data: { evalAugment: augment, workers } }: Recipe,
  data: Dataset,
  { images, device, short }: ShowOptions,
): Promise<{ looked: number; bad: BadPicture[] }> {
  const bad: BadPicture[] = [];
  let looked = 0;
  if (subjects.length === 0) return { looked, bad };
  const order = Rng.from(seed, "doctor").permutation(data.n);
  const loader = new Loader(subset(data, order.slice(0, images)), {
    batchSize: BATCH,
    augment: augment ?? pixels(data, subjects),
    workers,
    maxBad: 1, // they are told, and stop nothing here
  });
  for (const subject of subjects) subject.prepare(loader);
  const streams = [...runStreams(seed, device).values()];
  const began = performance.now();
  const ask = (batch: Batch) => {
    const seen = tensor(batch.images, { shape: batch.shape, device }); // [B, C, H, W]
    for (const subject of subjects) {
      if (looked === 0 && subject.knows(data)) subject.challenge(loader, statistics(seen, loader));
      subject.answer(seen, batch.labels);
    }
  };
  try {
    for await (const batch of loader.epoch(0)) {
      tidy(() => drawingFrom(streams, () => ask(batch)));
      looked += batch.labels.length;
      bad.push(...batch.bad);
      if (short && looked >= ENOUGH && performance.now() - began > PATIENCE) break;
    }
  } finally {
    for (const stream of streams) stream.dispose();
  }
  return { looked, bad };
}

/** From 0 to 1; those of many sizes cropped for the teacher that wants the largest. */
function pixels({ channels, pictures }: Dataset, subjects: readonly Subject[]): ImageOp {
  const bare = { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) };
  const inputs = subjects.map(({ model }) => model.info.input);
  const largest = inputs.reduce((most, input) => (input.size > most.size ? input : most));
  return pictureSize(pictures) ? normalise(bare) : evalAugment({ ...largest, ...bare });
}

/** Mean and deviation of each channel's pixels, from 0 to 1. */
function statistics(seen: Tensor /* [B, C, H, W] */, { space }: Pictures): Statistics {
  const numbers = (x: Tensor) => Array.from(x.data() as Float32Array);
  const mean = numbers(seen.mean([0, 2, 3])); // [C]
  const std = numbers(seen.var([0, 2, 3]).sqrt()); // [C]
  return {
    mean: mean.map((value, c) => value * space!.std[c] + space!.mean[c]),
    std: std.map((value, c) => value * space!.std[c]),
  };
}
