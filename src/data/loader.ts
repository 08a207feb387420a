/** Samples → batches. Every number depends on (seed, epoch, position) alone, so an epoch can start again at any batch. */
import { setImmediate as breathe } from "node:timers/promises";
import type { Batch, BatchOp } from "./batch.js";
import { DataError } from "./error.js";
import type { ColourSpace, Image, ImageOp } from "./image.js";
import { Rng } from "./rng.js";
import type { Samples } from "./samples.js";

export interface LoaderOptions {
  batchSize: number;
  augment: ImageOp; // ends in floats: `normalise` is enough for evaluation
  mix?: BatchOp;
  seed?: number;
  shuffle?: boolean;
  dropLast?: boolean;
}

export class Loader {
  readonly batchSize: number;
  readonly batches: number; // in an epoch
  readonly imageShape: [number, number, number]; // [C, H, W] after augmentation
  readonly space: ColourSpace | undefined; // what the augmentation says of itself
  readonly #samples: Samples;
  readonly #augment: ImageOp;
  readonly #mix: BatchOp | undefined;
  readonly #seed: number;
  readonly #shuffle: boolean;

  constructor(samples: Samples, { batchSize, augment, mix, seed = 0, shuffle = false, dropLast = false }: LoaderOptions) {
    check(samples);
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new DataError(`The batch size must be a whole number from 1 on, not ${batchSize}.`);
    if (dropLast && samples.n < batchSize)
      throw new DataError(
        `${samples.name} has ${samples.n} samples, fewer than one batch of ${batchSize}: take a smaller batchSize or dropLast: false.`,
      );
    this.batchSize = batchSize;
    this.batches = dropLast ? Math.floor(samples.n / batchSize) : Math.ceil(samples.n / batchSize);
    this.#samples = samples;
    this.#augment = augment;
    this.#mix = mix;
    this.#seed = seed;
    this.#shuffle = shuffle;
    const first = augment(pictureOf(samples, 0), Rng.from(seed));
    if (!(first.data instanceof Float32Array))
      throw new DataError("The augmentation gives bytes: let it contain normalise({ mean, std }).");
    this.imageShape = [first.channels, first.height, first.width];
    this.space = augment.space;
  }

  /** The batches of one epoch from batch `from` on. A batch's arrays are written again when the next one is asked for. */
  async *epoch(epoch: number, { from = 0 }: { from?: number } = {}): AsyncGenerator<Batch, void, undefined> {
    if (!Number.isInteger(from) || from < 0 || from > this.batches)
      throw new DataError(`An epoch has batches 0 to ${this.batches - 1}; it cannot start at ${from}.`);
    const order = this.#order(epoch);
    const images = new Float32Array(this.batchSize * this.#imageSize);
    const labels = new BigInt64Array(this.batchSize);
    for (let index = from; index < this.batches; index++) {
      await breathe();
      yield this.#batch(epoch, index, order, images, labels);
    }
  }

  get #imageSize(): number {
    const [channels, height, width] = this.imageShape;
    return channels * height * width;
  }

  #order(epoch: number): Uint32Array {
    if (this.#shuffle) return Rng.from(this.#seed, "order", epoch).permutation(this.#samples.n);
    return Uint32Array.from({ length: this.#samples.n }, (_, i) => i);
  }

  #batch(epoch: number, index: number, order: Uint32Array, images: Float32Array, labels: BigInt64Array): Batch {
    const start = index * this.batchSize;
    const size = Math.min(this.batchSize, order.length - start);
    for (let i = 0; i < size; i++) {
      const rng = Rng.from(this.#seed, "augment", epoch, start + i);
      this.#place(this.#augment(pictureOf(this.#samples, order[start + i]), rng), images, i);
      labels[i] = BigInt(this.#samples.labels[order[start + i]]);
    }
    const batch: Batch = {
      images: images.subarray(0, size * this.#imageSize),
      shape: [size, ...this.imageShape],
      labels: labels.subarray(0, size),
      targets: null,
      classes: this.#samples.classes.length,
      index,
    };
    this.#mix?.(batch, Rng.from(this.#seed, "mix", epoch, index));
    return batch;
  }

  #place({ data, channels, height, width }: Image, images: Float32Array, i: number): void {
    const [c, h, w] = this.imageShape;
    if (channels !== c || height !== h || width !== w)
      throw new DataError(
        `The augmentation gave ${channels}×${height}×${width} after ${c}×${h}×${w}: pictures of a batch must have one size.`,
      );
    images.set(data, i * data.length);
  }
}

function pictureOf({ images, channels, height, width }: Samples, i: number): Image {
  const size = channels * height * width;
  return { data: images.subarray(i * size, (i + 1) * size), channels, height, width };
}

function check({ name, images, labels, n, channels, height, width, classes }: Samples): void {
  if (n < 1) throw new DataError(`${name} has no samples.`);
  if (images.length !== n * channels * height * width || labels.length !== n)
    throw new DataError(
      `${name}: ${n} samples of ${channels}×${height}×${width} do not fit ${images.length} bytes and ${labels.length} labels.`,
    );
  const beyond = labels.find((label) => label >= classes.length);
  if (beyond !== undefined) throw new DataError(`${name} has a label ${beyond}, but only ${classes.length} classes.`);
}
