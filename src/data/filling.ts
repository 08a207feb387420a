/** The filling of batches: what must be known for it, and one thread's share of the work, which is the same in every thread. */
import { DataError } from "./error.js";
import type { Image } from "./image.js";
import { type Bad, type PrepareOptions, prepare, type Sample } from "./prepare.js";
import type { ImageShape } from "./probe.js";

/** One epoch's pictures in their order, cut into batches. */
export interface Plan {
  readonly epoch: number;
  readonly order: Uint32Array; // [n]: which picture is at each position
  readonly batchSize: number;
  readonly shape: ImageShape;
  /** The first batch, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** A batch's pictures, valid until the next batch is asked for. */
export interface Filled {
  readonly images: Float32Array; // [B, C, H, W]
  readonly taken: Int32Array; // [B]: which picture is in each place
  readonly bad: readonly Bad[]; // met on the way, in the order of their places
}

/** Gives the batches of a plan in their order. */
export interface Filler {
  batch(index: number): Promise<Filled>;
  /** No more batches are wanted. */
  close(): void;
}

export const sizeOf = ([channels, height, width]: ImageShape): number => channels * height * width;

/** How many pictures a batch has: the last one may be short. */
export const lengthOf = ({ order, batchSize }: Plan, index: number): number =>
  Math.min(batchSize, order.length - index * batchSize);

/** Writes the sample at `position` into place `at` of a batch's arrays, and returns what was met on the way. */
export function fill(
  options: PrepareOptions,
  { epoch, order, shape }: Plan,
  position: number,
  into: Omit<Filled, "bad">,
  at: number,
): Promise<Bad[]> {
  const size = sizeOf(shape);
  const place = into.images.subarray(at * size, (at + 1) * size);
  return prepare(options, { epoch, position, index: order[position], place }, ({ image, index, bad }: Sample) => {
    put(image, shape, place);
    into.taken[at] = index;
    return bad;
  });
}

function put({ data, channels, height, width }: Image, [c, h, w]: ImageShape, place: Float32Array): void {
  if (channels !== c || height !== h || width !== w)
    throw new DataError(
      "ERR_AUGMENTATION",
      `The augmentation gave ${channels}×${height}×${width} after ${c}×${h}×${w}: pictures of a batch must have one size.`,
    );
  if (data !== place) place.set(data);
}

const HANDS = 4; // pictures under way at once: while libvips decodes one, another is augmented

/** Everything in this thread. */
export function fillHere(options: PrepareOptions, plan: Plan): Filler {
  const { batchSize, shape } = plan;
  const images = new Float32Array(batchSize * sizeOf(shape));
  const taken = new Int32Array(batchSize);
  return {
    async batch(index) {
      const length = lengthOf(plan, index);
      const bad: Bad[][] = [];
      let next = 0;
      const work = async () => {
        for (let at = next++; at < length; at = next++)
          bad[at] = await fill(options, plan, index * batchSize + at, { images, taken }, at);
      };
      await Promise.all(Array.from({ length: HANDS }, work));
      return { images: images.subarray(0, length * sizeOf(shape)), taken: taken.subarray(0, length), bad: bad.flat() };
    },
    close() {},
  };
}
