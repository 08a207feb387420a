/** What an augmentation makes of a data set's pictures, found before any of them is read. */
import type { Dataset } from "./dataset.js";
import { DataError } from "./error.js";
import type { Size } from "./framing.js";
import { type Image, type ImageOp, partsOf } from "./image.js";
import type { PictureSource } from "./pictures.js";
import { Rng } from "./rng.js";

/** [C, H, W] after augmentation. */
export type ImageShape = [number, number, number];

/** Two sizes that no picture has: what comes out alike of both has one size. */
const STRANGE: Size[] = [
  { width: 67, height: 45 },
  { width: 90, height: 119 },
];

/** Refuses an augmentation whose pictures make no batch. */
export function shapeAfter(augment: ImageOp, { name, channels, pictures }: Dataset): ImageShape {
  const size = pictureSize(pictures);
  const [shape, other = shape] = (size ? [size] : STRANGE).map((given) => shapeOf(blankAfter(augment, given, channels)));
  if (String(shape) === String(other)) return shape;
  throw new DataError(
    "ERR_AUGMENTATION",
    `${name} has pictures of many sizes, and the augmentation makes them no one size: let it begin with randomResizedCrop({ size }), or with centreCrop({ size }).`,
  );
}

/** Of all pictures, where they are known to have one. */
export function pictureSize(source: PictureSource): Size | undefined {
  if (source.kind === "part") return pictureSize(source.of);
  return source.kind === "pixels" ? source : undefined;
}

function blankAfter(augment: ImageOp, size: Size, channels: number): Image {
  const rng = Rng.from(0);
  const [first, ...rest] = partsOf(augment);
  const cut = first.framing?.(size, rng);
  const { width, height } = cut ? (cut.keep ?? cut.to) : size;
  const blank = { data: new Uint8Array(channels * height * width), channels, height, width };
  return (cut ? rest : [first, ...rest]).reduce<Image>((image, op) => op(image, rng), blank);
}

function shapeOf({ data, channels, height, width }: Image): ImageShape {
  if (data instanceof Float32Array) return [channels, height, width];
  throw new DataError("ERR_AUGMENTATION", "The augmentation gives bytes: let it contain normalise({ mean, std }).");
}
