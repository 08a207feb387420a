/** A picture on its way into a batch, and what may happen to it. */
import type { Framing } from "./framing.js";
import type { Rng } from "./rng.js";

export interface Image {
  readonly data: Uint8Array | Float32Array; // [C, H, W]
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export type ByteImage = Image & { readonly data: Uint8Array };

/** What a picture's numbers mean: a pixel p in [0, 1] became (p − mean) / std, channel by channel. */
export interface ColourSpace {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How an op is made again, in another thread or another run: the factory of that name in vit-distill/augment, and its argument. */
export interface OpSpec {
  readonly op: string;
  readonly options?: unknown;
}

/**
 * Never writes its input: it returns it as it is, or a picture of its own that stays valid until its next call. `place` is where the
 * last floats are wanted: an op that makes floats of this length may write them there, and one that finds its input there may change it.
 */
export interface ImageOp {
  (image: Image, rng: Rng, place?: Float32Array): Image;
  /** Of the pictures that come out; not said by an op that leaves it as it is. */
  readonly space?: ColourSpace;
  /** Not said by an op that somebody wrote for one recipe: such an op stays in the main thread. */
  readonly spec?: OpSpec;
  /** The ops that this one applies in order, if that is all it does. */
  readonly parts?: readonly ImageOp[];
  /** Of an op that is done while a picture is decoded; it stands first, and is not called. */
  readonly framing?: Framing;
}

/** What the factory `op` returns for `options`, with that written on it: `flip` is imageOp("flip", { probability }, (image, rng) => …). */
export const imageOp = (op: string, options: unknown, apply: ImageOp): ImageOp =>
  Object.assign((image: Image, rng: Rng, place?: Float32Array) => apply(image, rng, place), apply, { spec: { op, options } });

/** An op whose pictures are in this space, as `normalise` says of itself: for ops of your own that make floats. */
export const inSpace = ({ mean, std }: ColourSpace, op: ImageOp): ImageOp =>
  Object.assign((image: Image, rng: Rng, place?: Float32Array) => op(image, rng, place), op, { space: { mean, std } });

/** An op as the ops that it consists of. */
export const partsOf = (op: ImageOp): ImageOp[] => op.parts?.flatMap(partsOf) ?? [op];

/** The specs of an op's parts in order, or null if one of them has none. */
export function specsOf(op: ImageOp): OpSpec[] | null {
  const specs = partsOf(op).map(({ spec }) => spec);
  return specs.every((spec) => spec !== undefined) ? specs : null;
}
