/** The models by name: timm's names and timm's weights, and factories for sizes of one's own. */

import { type LoadOptions, loadWeights, type Weights } from "./load-weights.js";
import type { CommonOptions, Model } from "./model.js";
import { makeModel } from "./table.js";

export { type CacheCounts, CachedTeacher, type CacheOptions, cached } from "./cached-teacher.js";
export { Cait, type CaitOptions, cait } from "./cait.js";
export { Coadvise, type CoadviseOptions, coadvise } from "./coadvise.js";
export { ConvNet, type ConvNetOptions, convNet } from "./conv-net.js";
export type { ModelCosts } from "./costs.generated.js";
export {
  type FileFacts,
  type ForeignFormat,
  type ForeignOptions,
  type ForeignTap,
  ForeignTeacher,
  fileFacts,
  formatOf,
  onnxTeacher,
  torchScriptTeacher,
} from "./foreign/index.js";
export { type Likeness, recognise } from "./likely-models.js";
export { type LoadOptions, loadWeights, type Weights } from "./load-weights.js";
export { countMacs, modelCosts } from "./macs.js";
export {
  type CommonOptions,
  type ForwardOptions,
  type InputSpec,
  layerTaps,
  Model,
  type ModelInfo,
  type Output,
  type TapShape,
  Taps,
} from "./model.js";
export { pickTokens } from "./pick-tokens.js";
export { Rednet, type RednetOptions, rednet } from "./rednet.js";
export { Regnet, type RegnetOptions, regnet } from "./regnet.js";
export { reorderHead } from "./reorder-head.js";
export { Resnet, type ResnetOptions, resnet } from "./resnet.js";
export { Swin, type SwinOptions, swin } from "./swin.js";
export { listModels, modelInfo } from "./table.js";
export { VisionTransformer, type VitOptions, vit } from "./vit.js";

export interface CreateOptions extends CommonOptions, LoadOptions {
  /** A weight file, such as `S24_224.pth`, or its tensors by key. */
  weights?: Weights;
}

/** A model by its name, freshly initialised or with the weights given. */
export function createModel(name: string, { weights, freshHead, note, ...options }: CreateOptions = {}): Model {
  const model = makeModel(name, options);
  if (!weights) return model;
  try {
    return loadWeights(model, weights, { freshHead, note });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
