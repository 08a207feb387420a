/** A random part of random shape, resized to a square. Szegedy et al., https://arxiv.org/abs/1409.4842; the drawing is torchvision's and timm's */
import type { Box, Framing, Interpolation, Rng, Size } from "../data/index.js";
import { framed } from "./framed.js";

export interface RandomResizedCropOptions {
  size: number;
  /** Least and most share of the picture's area. */
  scale?: readonly [number, number];
  /** Least and most width over height. */
  ratio?: readonly [number, number];
  interpolation?: Interpolation;
}

const ATTEMPTS = 10;

export function randomResizedCrop(options: RandomResizedCropOptions) {
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3], interpolation = "bicubic" } = options;
  const framing: Framing = (picture, rng) => ({
    from: randomPart(picture, { scale, ratio }, rng),
    to: { width: size, height: size },
    interpolation,
  });
  return framed("randomResizedCrop", options, framing);
}

type Shapes = Required<Pick<RandomResizedCropOptions, "scale" | "ratio">>;

/** The first of ten tries that lies within the picture; otherwise the largest central part of an allowed shape. */
export function randomPart(picture: Size, { scale, ratio }: Shapes, rng: Rng): Box {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = picture.width * picture.height * rng.uniform(...scale);
    const aspect = Math.exp(rng.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
    const width = Math.round(Math.sqrt(area * aspect));
    const height = Math.round(Math.sqrt(area / aspect));
    if (width >= 1 && height >= 1 && width <= picture.width && height <= picture.height)
      return { left: rng.int(picture.width - width + 1), top: rng.int(picture.height - height + 1), width, height };
  }
  return centralPart(picture, ratio);
}

function centralPart(picture: Size, [least, most]: readonly [number, number]): Box {
  const aspect = Math.min(Math.max(picture.width / picture.height, least), most);
  const width = Math.max(1, Math.min(picture.width, Math.round(picture.height * aspect)));
  const height = Math.max(1, Math.min(picture.height, Math.round(picture.width / aspect)));
  return { left: (picture.width - width) >> 1, top: (picture.height - height) >> 1, width, height };
}
