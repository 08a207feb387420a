/** Fashion-MNIST as every recipe in this folder sees it: 55,000 pictures to train on, 5,000 held out to choose settings, 10,000 to test. */

import {
  compose,
  fashionMnist,
  fashionMnistStats,
  flip,
  normalise,
  padCrop,
  type RecipeData,
  randomErasing,
  stratifiedSplit,
  stratifiedSubset,
} from "vit-distill";

/** Where the split between training and validation is made; one split for all, so that no teacher has seen what chooses a student. */
const SPLIT_SEED = 0;

export const input = fashionMnistStats;

/** Shift by up to two pixels, flip, and (where asked for) erase. */
export const augment = ({ erasing = 0 } = {}) =>
  compose([
    padCrop({ pad: 2 }),
    flip(),
    normalise(fashionMnistStats),
    ...(erasing > 0 ? [randomErasing({ probability: erasing, mode: "pixel" })] : []),
  ]);

/** All pictures, or a stratified part of the training pictures that `subsetSeed` chooses. */
export function fashionData({
  labelled,
  subsetSeed = 0,
  batchSize = 128,
  erasing = 0,
  smoke = false,
}: {
  labelled?: number;
  subsetSeed?: number;
  batchSize?: number;
  erasing?: number;
  smoke?: boolean;
} = {}): RecipeData {
  const { train, validation } = stratifiedSplit(fashionMnist({ split: "train" }), { validation: 5000, seed: SPLIT_SEED });
  const part = smoke ? 256 : labelled;
  return {
    train: part === undefined ? train : stratifiedSubset(train, { total: part, seed: subsetSeed }),
    val: smoke ? stratifiedSubset(validation, { total: 250, seed: 0 }) : validation,
    test: fashionMnist({ split: "test" }),
    batchSize: smoke ? 64 : batchSize,
    augment: augment({ erasing }),
  };
}
