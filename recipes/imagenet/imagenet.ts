/**
 * ImageNet-1k and the published teachers, as the recipes of this folder find them: the pictures under the folder IMAGENET
 * (train/<class>/*.JPEG, val/<class>/*.JPEG), the weight files under WEIGHTS. Neither is shipped, and none of these recipes was run
 * at full scale; `--smoke` runs each on a few drawn pictures, with untrained teachers.
 */

import { join } from "node:path";
import {
  type CommonOptions,
  createModel,
  evalAugment,
  imageFolder,
  type Model,
  mixup,
  modelInfo,
  noGrad,
  type RecipeData,
  type RecipeOptions,
  type TrainAugmentOptions,
  trainAugment,
} from "vit-distill";
import { SMOKE_CLASSES, smokeFolder } from "./smoke-folder.js";

const IMAGENET = process.env.IMAGENET ?? "data/imagenet";
const WEIGHTS = process.env.WEIGHTS ?? "weights/published";

const numClasses = ({ smoke }: RecipeOptions) => (smoke ? SMOKE_CLASSES : 1000);

/** A student, freshly initialised. */
export const student =
  (name: string, recipe: RecipeOptions, options: CommonOptions = {}) =>
  (): Model =>
    createModel(name, { numClasses: numClasses(recipe), ...options });

/** A published teacher by its file's name. */
export const teacher =
  (name: string, file: string, { smoke }: RecipeOptions) =>
  (): Model =>
    smoke ? quieted(createModel(name, { numClasses: SMOKE_CLASSES })) : createModel(name, { weights: join(WEIGHTS, file) });

/** An involution multiplies what it sees by itself: untrained and at evaluation, 33 of them overflow. Their branches are shut. */
function quieted(model: Model): Model {
  const scales = model.namedParameters().filter(([key]) => key.endsWith("bn3.weight"));
  noGrad(() => scales.forEach(([, scale]) => scale.zero_()));
  return model;
}

export interface ImagenetOptions extends TrainAugmentOptions {
  /** The model whose input the pictures are prepared for. */
  studentName: string;
  batchSize: number;
  /** Times that a picture is taken in a row, each time augmented anew. https://arxiv.org/abs/1901.09335 */
  repeats?: number;
}

/** DeiT's augmentation, mixup 0.8 and CutMix 1.0, targets smoothed by 0.1. */
export function imagenet(
  recipe: RecipeOptions,
  { studentName, batchSize, repeats = 1, ...augment }: ImagenetOptions,
): RecipeData {
  const { input } = modelInfo(studentName);
  const folder = recipe.smoke ? smokeFolder() : IMAGENET;
  return {
    train: imageFolder(folder, { split: "train" }),
    val: imageFolder(folder, { split: "val" }),
    batchSize: recipe.smoke ? 4 : batchSize,
    augment: trainAugment(input, augment),
    evalAugment: evalAugment(input),
    mix: mixup({ alpha: 0.8, cutmix: 1, smoothing: 0.1 }),
    repeats,
  };
}
