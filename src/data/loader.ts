/** Data set → batches. Every number depends on (seed, epoch, position) alone, so an epoch can start again at any batch. */
import { setImmediate as breathe } from "node:timers/promises";
import type { Batch, BatchOp } from "./batch.js";
import { checkDataset, type Dataset } from "./dataset.js";
import { DataError } from "./error.js";
import type { ColourSpace, Image, ImageOp } from "./image.js";
import { openPictures } from "./pictures.js";
import { type Bad, type PrepareOptions, prepare } from "./prepare.js";
import { type ImageShape, shapeAfter } from "./probe.js";
import { Rng } from "./rng.js";

export interface LoaderOptions {
  batchSize: number;
  augment: ImageOp; // ends in floats: `normalise` is enough for evaluation
  mix?: BatchOp;
  seed?: number;
  shuffle?: boolean;
  dropLast?: boolean;
  /** The share of pictures that may be unusable before it stops. */
  maxBad?: number;
}

export class Loader {
  readonly batchSize: number;
  readonly batches: number; // in an epoch
  readonly imageShape: ImageShape; // [C, H, W] after augmentation
  readonly space: ColourSpace | undefined; // what the augmentation says of itself
  readonly #dataset: Dataset;
  readonly #prepare: PrepareOptions;
  readonly #mix: BatchOp | undefined;
  readonly #seed: number;
  readonly #shuffle: boolean;
  readonly #maxBad: number;
  readonly #bad = new Set<number>(); // pictures known to be unusable

  constructor(
    dataset: Dataset,
    { batchSize, augment, mix, seed = 0, shuffle = false, dropLast = false, maxBad = 0.05 }: LoaderOptions,
  ) {
    checkDataset(dataset);
    const { name, n, channels } = dataset;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new DataError(`The batch size must be a whole number from 1 on, not ${batchSize}.`);
    if (dropLast && n < batchSize)
      throw new DataError(
        `${name} has ${n} samples, fewer than one batch of ${batchSize}: take a smaller batchSize or dropLast: false.`,
      );
    this.batchSize = batchSize;
    this.batches = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
    this.imageShape = shapeAfter(augment, dataset);
    this.space = augment.space;
    this.#dataset = dataset;
    this.#prepare = { reader: openPictures(dataset.pictures), n, channels, augment, seed };
    this.#mix = mix;
    this.#seed = seed;
    this.#shuffle = shuffle;
    this.#maxBad = maxBad;
  }

  /** The batches of one epoch from batch `from` on. A batch's arrays are written again when the next one is asked for. */
  async *epoch(epoch: number, { from = 0 }: { from?: number } = {}): AsyncGenerator<Batch, void, undefined> {
    if (!Number.isInteger(from) || from < 0 || from > this.batches)
      throw new DataError(`An epoch has batches 0 to ${this.batches - 1}; it cannot start at ${from}.`);
    const order = this.#order(epoch);
    const images = new Float32Array(this.batchSize * sizeOf(this.imageShape));
    const labels = new BigInt64Array(this.batchSize);
    for (let index = from; index < this.batches; index++) {
      await breathe();
      yield await this.#batch(epoch, index, order, images, labels);
    }
  }

  #order(epoch: number): Uint32Array {
    const { n } = this.#dataset;
    if (this.#shuffle) return Rng.from(this.#seed, "order", epoch).permutation(n);
    return Uint32Array.from({ length: n }, (_, i) => i);
  }

  async #batch(epoch: number, index: number, order: Uint32Array, images: Float32Array, labels: BigInt64Array): Promise<Batch> {
    const shape = this.imageShape;
    const start = index * this.batchSize;
    const size = Math.min(this.batchSize, order.length - start);
    const bad: Bad[] = [];
    for (let i = 0; i < size; i++) {
      await prepare(this.#prepare, { epoch, position: start + i, index: order[start + i] }, (sample) => {
        place(sample.image, shape, images, i);
        labels[i] = BigInt(this.#dataset.labels[sample.index]);
        bad.push(...sample.bad);
      });
    }
    const batch: Batch = {
      images: images.subarray(0, size * sizeOf(shape)),
      shape: [size, ...shape],
      labels: labels.subarray(0, size),
      targets: null,
      classes: this.#dataset.classes.length,
      index,
      bad: this.#news(bad),
    };
    this.#mix?.(batch, Rng.from(this.#seed, "mix", epoch, index));
    return batch;
  }

  /** Those not met before; too many of them end the run. */
  #news(met: Bad[]): Bad[] {
    const fresh = met.filter(({ index }, i) => !this.#bad.has(index) && met.findIndex((other) => other.index === index) === i);
    for (const { index } of fresh) this.#bad.add(index);
    const { name, n } = this.#dataset;
    if (fresh.length > 0 && this.#bad.size > this.#maxBad * n)
      throw new DataError(
        `${this.#bad.size} of ${name}'s ${n} pictures cannot be used, more than ${100 * this.#maxBad} %; the last is ${fresh.at(-1)!.name}: ${fresh.at(-1)!.reason}. Mend or remove them, or set maxBad.`,
      );
    return fresh;
  }
}

const sizeOf = ([channels, height, width]: ImageShape): number => channels * height * width;

/** Into place `i` of the batch. */
function place({ data, channels, height, width }: Image, [c, h, w]: ImageShape, images: Float32Array, i: number): void {
  if (channels !== c || height !== h || width !== w)
    throw new DataError(
      `The augmentation gave ${channels}×${height}×${width} after ${c}×${h}×${w}: pictures of a batch must have one size.`,
    );
  images.set(data, i * data.length);
}
