/** One sample as it goes into a batch: read, decoded, augmented. The same in whatever thread, for (seed, epoch, position) decide everything. */
import type { BadPicture } from "./batch.js";
import { cutOut, decode } from "./decode.js";
import { DataError } from "./error.js";
import type { Size } from "./framing.js";
import { type Image, type ImageOp, partsOf } from "./image.js";
import type { Picture, PictureReader } from "./pictures.js";
import { Rng } from "./rng.js";

export interface PrepareOptions {
  reader: PictureReader;
  /** Pictures that the reader has. */
  n: number;
  /** That files are decoded to. */
  channels: number;
  augment: ImageOp;
  seed: number;
}

export interface Bad extends BadPicture {
  /** Which of the data set's pictures. */
  index: number;
}

export interface Sample {
  /** In the place that it was prepared for, or valid until the next sample of this thread is augmented. */
  image: Image;
  /** Which picture it is: the one asked for, or the one that stands in for it. */
  index: number;
  /** The unusable pictures met on the way. */
  bad: Bad[];
}

const ATTEMPTS = 20;

/**
 * The sample at `position` of the epoch, which is picture `index`. An unusable picture is replaced by another one of the set, drawn by
 * (seed, epoch, position): the same one in every thread and for every kind of file. `use` gets the sample while it is valid.
 */
export async function prepare<T>(
  { reader, n, channels, augment, seed }: PrepareOptions,
  { epoch, position, index, place }: { epoch: number; position: number; index: number; place: Float32Array },
  use: (sample: Sample) => T,
): Promise<T> {
  const bad: Bad[] = [];
  const others = Rng.from(seed, "replace", epoch, position);
  const [first, ...rest] = partsOf(augment);
  const { framing } = first;
  const ops = framing ? rest : [first, ...rest];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rng = Rng.from(seed, "augment", epoch, position);
    const image = await read(index, rng).catch((error: Error) => {
      if (!bad.some((other) => other.index === index)) bad.push({ index, name: reader.name(index), reason: error.message });
    });
    if (image) return use({ image: ops.reduce((picture, op) => op(picture, rng, place), image), index, bad });
    index = others.int(n);
  }
  const [{ name, reason }] = bad;
  throw new DataError("ERR_DATA", `${ATTEMPTS} pictures in a row cannot be read; the first is ${name}: ${reason}.`);

  async function read(row: number, rng: Rng): Promise<Image> {
    const begin = rng.state();
    const cutting = framing && ((size: Size) => framing(size, rng.restore(begin))); // may be asked twice
    const picture: Picture = await reader.read(row);
    if ("bytes" in picture) return decode(picture.bytes, { channels, cutting });
    return cutting ? cutOut(picture, cutting) : picture;
  }
}
