/** One op from several, applied in order; its pictures are in the space of the one that normalises. */
import { type ImageOp, inSpace } from "../data/index.js";

export function compose(ops: readonly ImageOp[]): ImageOp {
  const spaces = ops.flatMap(({ space }) => space ?? []);
  if (spaces.length > 1) throw new RangeError(`compose has ${spaces.length} operations that normalise: once is enough.`);
  const all: ImageOp = (image, rng) => {
    for (const op of ops) image = op(image, rng);
    return image;
  };
  return spaces.length === 0 ? all : inSpace(spaces[0], all);
}
