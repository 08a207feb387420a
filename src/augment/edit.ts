/** A change of a picture's bytes that nothing random is left in: the ops draw, the edits do. */
import { type ByteImage, DataError, type Image, type ImageOp, imageOp, type Rng } from "../data/index.js";
import { Scratch } from "./scratch.js";

export type { ByteImage };

/** Writes the changed picture into `out`, which has the size of `image.data` and is another array. */
export type Edit = (image: ByteImage, out: Uint8Array) => void;

/** The op, made by the factory `name` of these options, that makes the edits that `draw` draws, one after the other. */
export function drawn(name: string, options: unknown, draw: (rng: Rng) => readonly Edit[]): ImageOp {
  const scratches: Scratch[] = [];
  return imageOp(name, options, (image, rng) =>
    draw(rng).reduce(
      (before, edit, i) => {
        scratches[i] ??= new Scratch();
        const out = scratches[i].like(before);
        edit(before, out.data as Uint8Array);
        return out as ByteImage;
      },
      asBytes(image, name),
    ),
  );
}

function asBytes(image: Image, name: string): ByteImage {
  if (image.data instanceof Uint8Array) return image as ByteImage;
  throw new DataError("ERR_AUGMENTATION", `${name} works on bytes: put it before normalise.`);
}
