/** Data set → batches. Every number depends on (seed, epoch, position) alone, so an epoch can start again at any batch. */
import { availableParallelism } from "node:os";
import { setImmediate as breathe } from "node:timers/promises";
import type { Batch, BatchOp } from "./batch.js";
import { fillByThreads, type RingMemory } from "./crew.js";
import { checkDataset, type Dataset } from "./dataset.js";
import { DataError } from "./error.js";
import { type Filled, type Filler, fillHere, type Plan } from "./filling.js";
import { type ColourSpace, type ImageOp, type OpSpec, specsOf } from "./image.js";
import { openPictures, type PictureSource } from "./pictures.js";
import type { Bad, PrepareOptions } from "./prepare.js";
import { type ImageShape, shapeAfter } from "./probe.js";
import { Rng } from "./rng.js";

export interface LoaderOptions {
  batchSize: number;
  augment: ImageOp; // ends in floats: `normalise` is enough for evaluation
  mix?: BatchOp;
  seed?: number;
  shuffle?: boolean;
  /** Times that a picture stands in a row, each time augmented anew; an epoch is as long as ever. https://arxiv.org/abs/1901.09335 */
  repeats?: number;
  dropLast?: boolean;
  /** Ways in which the pictures are ordered, augmented and mixed: epoch e is epoch e mod `views`. Every epoch its own unless given. */
  views?: number;
  /** Threads that decode and augment; 0 does it in this one. By default all cores but one, up to eight, for pictures in files. */
  workers?: number;
  /** The share of pictures that may be unusable before it stops. */
  maxBad?: number;
}

export class Loader {
  readonly batchSize: number;
  readonly batches: number; // in an epoch
  readonly imageShape: ImageShape; // [C, H, W] after augmentation
  readonly space: ColourSpace | undefined; // what the augmentation says of itself
  readonly workers: number;
  readonly #specs: readonly OpSpec[] | null;
  readonly #dataset: Dataset;
  readonly #prepare: PrepareOptions;
  readonly #mix: BatchOp | undefined;
  readonly #seed: number;
  readonly #shuffle: boolean;
  readonly #repeats: number;
  readonly #maxBad: number;
  readonly #memory: RingMemory = {};
  readonly #views: number;
  readonly #bad = new Set<number>(); // pictures known to be unusable

  constructor(
    dataset: Dataset,
    {
      batchSize,
      augment,
      mix,
      seed = 0,
      shuffle = false,
      repeats = 1,
      dropLast = false,
      views,
      workers,
      maxBad = 0.05,
    }: LoaderOptions,
  ) {
    checkDataset(dataset);
    const { name, n, channels } = dataset;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new DataError("ERR_INVALID_OPTION", `The batch size must be a whole number from 1 on, not ${batchSize}.`);
    if (!Number.isInteger(repeats) || repeats < 1)
      throw new DataError("ERR_INVALID_OPTION", `repeats must be a whole number from 1 on, not ${repeats}.`);
    if (views !== undefined && !(Number.isInteger(views) && views >= 1))
      throw new DataError("ERR_INVALID_OPTION", `views must be a whole number from 1 on, not ${views}.`);
    if (dropLast && n < batchSize)
      throw new DataError(
        "ERR_DATA_EMPTY",
        `${name} has ${n} samples, fewer than one batch of ${batchSize}: take a smaller batchSize or dropLast: false.`,
      );
    this.batchSize = batchSize;
    this.batches = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
    this.imageShape = shapeAfter(augment, dataset);
    this.space = augment.space;
    this.#specs = specsOf(augment);
    this.workers = this.#usable(workers ?? usualWorkers(dataset.pictures), dataset);
    this.#dataset = dataset;
    this.#prepare = { reader: openPictures(dataset.pictures), n, channels, augment, seed };
    this.#mix = mix;
    this.#seed = seed;
    this.#shuffle = shuffle;
    this.#repeats = repeats;
    this.#maxBad = maxBad;
    this.#views = views ?? Number.POSITIVE_INFINITY;
  }

  /** As many as wanted, if what they are to do can be told to another thread. */
  #usable(workers: number, { name, pictures }: Dataset): number {
    if (!Number.isInteger(workers) || workers < 0)
      throw new DataError("ERR_INVALID_OPTION", `workers must be a whole number from 0 on, not ${workers}.`);
    if (workers === 0 || (this.#specs && rootOf(pictures).kind !== "own")) return workers;
    const what = this.#specs ? `${name} is read by a function` : "The augmentation has an operation without a spec";
    sayOnce(`${what}, so that pictures are prepared in the main thread, without data workers.`);
    return 0;
  }

  /** The data set's labels; −1 for a picture without one. */
  get labels(): Int32Array /* [n] */ {
    return this.#dataset.labels;
  }

  /** The batches of one epoch from batch `from` on. A batch's arrays are written again when the next one is asked for, of whatever epoch. */
  async *epoch(number: number, { from = 0 }: { from?: number } = {}): AsyncGenerator<Batch, void, undefined> {
    const epoch = number % this.#views;
    if (!Number.isInteger(from) || from < 0 || from > this.batches)
      throw new DataError("ERR_INVALID_OPTION", `An epoch has batches 0 to ${this.batches - 1}; it cannot start at ${from}.`);
    if (from === this.batches) return;
    const { batchSize, imageShape: shape, batches: to } = this;
    const order = this.#order(epoch);
    const filler = this.#filler({ epoch, order, batchSize, shape, from, to });
    const labels = new BigInt64Array(batchSize);
    try {
      for (let index = from; index < to; index++) {
        await breathe();
        yield this.#batch(await filler.batch(index), order, labels, epoch, index);
      }
    } finally {
      filler.close();
    }
  }

  /** What messages call a picture of the data set. */
  nameOf(row: number): string {
    return this.#prepare.reader.name(row);
  }

  #filler(plan: Plan): Filler {
    const { workers } = this;
    const specs = this.#specs;
    if (workers === 0 || specs === null) return fillHere(this.#prepare, plan);
    const { n, channels, pictures: source } = this.#dataset;
    return fillByThreads({ workers, memory: this.#memory, source, n, channels, specs, seed: this.#seed }, plan);
  }

  #order(epoch: number): Uint32Array {
    const { n } = this.#dataset;
    const once = this.#shuffle
      ? Rng.from(this.#seed, "order", epoch).permutation(n)
      : Uint32Array.from({ length: n }, (_, i) => i);
    return this.#repeats === 1 ? once : once.map((_, i) => once[Math.floor(i / this.#repeats)]);
  }

  #batch({ images, taken, bad }: Filled, order: Uint32Array, labels: BigInt64Array, epoch: number, index: number): Batch {
    const { labels: all, classes } = this.#dataset;
    for (let i = 0; i < taken.length; i++) labels[i] = BigInt(all[taken[i]]);
    const batch: Batch = {
      images,
      shape: [taken.length, ...this.imageShape],
      labels: labels.subarray(0, taken.length),
      rows: taken,
      asked: order.subarray(index * this.batchSize, index * this.batchSize + taken.length),
      targets: null,
      classes: classes.length,
      index,
      bad: this.#news(bad),
    };
    this.#mix?.(batch, Rng.from(this.#seed, "mix", epoch, index));
    return batch;
  }

  /** Those not met before; too many of them end the run. */
  #news(met: readonly Bad[]): Bad[] {
    const fresh = met.filter(({ index }, i) => !this.#bad.has(index) && met.findIndex((other) => other.index === index) === i);
    for (const { index } of fresh) this.#bad.add(index);
    const { name, n } = this.#dataset;
    if (fresh.length > 0 && this.#bad.size > this.#maxBad * n)
      throw new DataError(
        "ERR_DATA",
        `${this.#bad.size} of ${name}'s ${n} pictures cannot be used, more than ${100 * this.#maxBad} %; the last is ${fresh.at(-1)!.name}: ${fresh.at(-1)!.reason}. Mend or remove them, or set maxBad.`,
      );
    return fresh;
  }
}

const said = new Set<string>();

function sayOnce(warning: string): void {
  if (!said.has(warning)) process.emitWarning(warning);
  said.add(warning);
}

/** Pixels in memory are soon augmented; files have to be decoded. */
const usualWorkers = (source: PictureSource): number =>
  rootOf(source).kind === "pixels" ? 0 : Math.max(1, Math.min(8, availableParallelism() - 1));

const rootOf = (source: PictureSource): PictureSource => (source.kind === "part" ? rootOf(source.of) : source);
