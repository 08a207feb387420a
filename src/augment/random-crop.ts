/** A square out of a larger picture that is first continued beyond its edges by its mirror image, as torchvision's RandomCrop. */
import { DataError, type Image, type ImageOp, imageOp } from "../data/index.js";

export function randomCrop({ size, pad = 0 }: { size: number; pad?: number }): ImageOp {
  let out: Image | undefined;
  return imageOp("randomCrop", { size, pad }, (image, rng) => {
    check(image, size, pad);
    const top = rng.int(image.height + 2 * pad - size + 1) - pad;
    const left = rng.int(image.width + 2 * pad - size + 1) - pad;
    const kind = image.data instanceof Uint8Array ? Uint8Array : Float32Array;
    const length = image.channels * size * size;
    if (!(out?.data instanceof kind && out.data.length === length))
      out = { data: new kind(length), channels: image.channels, height: size, width: size };
    copyFrom(image, { top, left }, out);
    return out;
  });
}

function check({ height, width }: Image, size: number, pad: number): void {
  const side = Math.min(height, width);
  if (side + 2 * pad < size)
    throw new DataError("ERR_AUGMENTATION", `randomCrop wants ${size} pixels, and the picture has ${width}×${height}.`);
  if (pad >= side)
    throw new DataError(
      "ERR_AUGMENTATION",
      `randomCrop mirrors ${pad} pixels of a picture of ${width}×${height}: fewer, please.`,
    );
}

function copyFrom(image: Image, { top, left }: { top: number; left: number }, out: Image): void {
  const columns = Array.from({ length: out.width }, (_, x) => mirrored(left + x, image.width));
  for (let channel = 0, to = 0; channel < image.channels; channel++) {
    for (let y = 0; y < out.height; y++) {
      const row = (channel * image.height + mirrored(top + y, image.height)) * image.width;
      for (const column of columns) out.data[to++] = image.data[row + column];
    }
  }
}

/** The edge itself is not repeated: −1 is 1, and `length` is `length − 2`. */
function mirrored(i: number, length: number): number {
  if (i < 0) return -i;
  return i < length ? i : 2 * length - 2 - i;
}
