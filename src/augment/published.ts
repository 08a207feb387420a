/** The augmentations that the published recipes share, for a model's own input. */
import type { ColourSpace, ImageOp, Interpolation } from "../data/index.js";
import { centreCrop } from "./centre-crop.js";
import { colourJitter } from "./colour-jitter.js";
import { compose } from "./compose.js";
import { flip } from "./flip.js";
import { normalise } from "./normalise.js";
import { parseRandAugment, randAugment } from "./rand-augment.js";
import { randomCrop } from "./random-crop.js";
import { randomErasing } from "./random-erasing.js";
import { randomResizedCrop } from "./random-resized-crop.js";
import { shorterSide } from "./shorter-side.js";
import { threeAugment } from "./three-augment.js";

/** What of a model's facts (`model.info.input`) an augmentation goes by. */
export interface InputView extends ColourSpace {
  readonly size: number;
  readonly interpolation?: Interpolation;
  /** The share that the centre crop keeps. */
  readonly crop?: number;
}

export interface TrainAugmentOptions {
  /** Least and most share of the picture. */
  scale?: readonly [number, number];
  /** RandAugment's string; null leaves it out. */
  rand?: string | null;
  /** Where there is no RandAugment: timm, too, leaves colour jitter out beside it. */
  jitter?: number;
  /** The chance that a rectangle is overwritten by noise. */
  erasing?: number;
}

/** DeiT's: a random part, a flip, RandAugment, erasing. https://arxiv.org/abs/2012.12877, table 9 */
export function trainAugment(
  view: InputView,
  { scale = [0.08, 1], rand = "rand-m9-mstd0.5-inc1", jitter = 0.4, erasing = 0.25 }: TrainAugmentOptions = {},
): ImageOp {
  const { size, interpolation, mean, std } = view;
  return compose([
    randomResizedCrop({ size, scale, interpolation }),
    flip(),
    ...colours(rand, jitter, mean),
    normalise({ mean, std }),
    ...(erasing > 0 ? [randomErasing({ probability: erasing, mode: "pixel" })] : []),
  ]);
}

function colours(rand: string | null, jitter: number, mean: readonly number[]): ImageOp[] {
  if (rand !== null) return [randAugment({ ...parseRandAugment(rand), fill: mean.map((value) => Math.round(255 * value)) })];
  return jitter > 0 ? [colourJitter(jitter)] : [];
}

/** DeiT III's 3-Augment: a plain crop, a flip, one of three changes, colour jitter. https://arxiv.org/abs/2204.07118 */
export function threeAugmented(
  { size, interpolation, mean, std }: InputView,
  { jitter = 0.3 }: { jitter?: number } = {},
): ImageOp {
  return compose([
    shorterSide({ size, interpolation }),
    randomCrop({ size, pad: 4 }),
    flip(),
    threeAugment(),
    ...(jitter > 0 ? [colourJitter(jitter)] : []),
    normalise({ mean, std }),
  ]);
}

/** The middle of the picture, as a model is evaluated. */
export function evalAugment({ size, crop, interpolation, mean, std }: InputView): ImageOp {
  return compose([centreCrop({ size, share: crop, interpolation }), normalise({ mean, std })]);
}
