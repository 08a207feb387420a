/** One op from several, applied in order; its pictures are in the space of the one that normalises. */
import { DataError, type ImageOp, inSpace } from "../data/index.js";

export function compose(ops: readonly ImageOp[]): ImageOp {
  const spaces = ops.flatMap(({ space }) => space ?? []);
  if (spaces.length > 1)
    throw new DataError("ERR_AUGMENTATION", `compose has ${spaces.length} operations that normalise: once is enough.`);
  const apply: ImageOp = (image, rng, place) => {
    for (const op of ops) image = op(image, rng, place);
    return image;
  };
  const all: ImageOp = Object.assign(apply, { parts: ops });
  return spaces.length === 0 ? all : inSpace(spaces[0], all);
}
