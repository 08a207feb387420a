/** Random erasing: overwrites a random rectangle. https://arxiv.org/abs/1708.04896; sizes and modes as timm, after `normalise`. */
import { DataError, type Image, type ImageOp, imageOp, type Rng } from "../data/index.js";
import { Scratch } from "./scratch.js";

/** `const` writes 0, `rand` one normal value per channel, `pixel` one per pixel. */
export type ErasingMode = "const" | "rand" | "pixel";

export interface RandomErasingOptions {
  probability: number;
  mode?: ErasingMode;
  minArea?: number;
  maxArea?: number;
  minAspect?: number;
  maxAspect?: number;
}

interface Rectangle {
  top: number;
  left: number;
  height: number;
  width: number;
}

type FloatImage = Image & { readonly data: Float32Array };

const ATTEMPTS = 10;

export function randomErasing({
  probability,
  mode = "const",
  minArea = 0.02,
  maxArea = 1 / 3,
  minAspect = 0.3,
  maxAspect = 1 / minAspect,
}: RandomErasingOptions): ImageOp {
  const scratch = new Scratch();
  return imageOp("randomErasing", { probability, mode, minArea, maxArea, minAspect, maxAspect }, (image, rng, place) => {
    if (!(image.data instanceof Float32Array))
      throw new DataError("ERR_AUGMENTATION", "randomErasing works on normalised pictures: put it after normalise.");
    if (!rng.chance(probability)) return image;
    const rectangle = drawRectangle(image, rng);
    if (!rectangle) return image;
    const out = image.data === place ? image : copy(image);
    erase(out as FloatImage, rectangle, mode, rng);
    return out;
  });

  function copy(image: Image): Image {
    const out = scratch.like(image);
    out.data.set(image.data);
    return out;
  }

  /** The first of ten tries that is smaller than the picture on both sides. */
  function drawRectangle(image: Image, rng: Rng): Rectangle | null {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = rng.uniform(minArea, maxArea) * image.height * image.width;
      const aspect = Math.exp(rng.uniform(Math.log(minAspect), Math.log(maxAspect)));
      const height = Math.round(Math.sqrt(area * aspect));
      const width = Math.round(Math.sqrt(area / aspect));
      if (height < image.height && width < image.width)
        return { top: rng.int(image.height - height + 1), left: rng.int(image.width - width + 1), height, width };
    }
    return null;
  }
}

function erase(image: FloatImage, { top, left, height, width }: Rectangle, mode: ErasingMode, rng: Rng): void {
  for (let channel = 0; channel < image.channels; channel++) {
    const value = mode === "rand" ? rng.normal() : 0;
    for (let y = top; y < top + height; y++) {
      const start = (channel * image.height + y) * image.width + left;
      if (mode !== "pixel") image.data.fill(value, start, start + width);
      else rng.normals(image.data.subarray(start, start + width));
    }
  }
}
