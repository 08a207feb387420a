/** The models by name: timm's names and timm's weights, and factories for sizes of one's own. */

import { didYouMean } from "../nearest.js";
import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { cait, caitInfo, caitVariants } from "./cait.js";
import { coadvise, coadviseInfo, coadviseVariants } from "./coadvise.js";
import { convNet, convNetInfo, convNetVariants } from "./conv-net.js";
import { type LoadOptions, loadWeights } from "./load-weights.js";
import { type CommonOptions, given, type Model, type ModelInfo } from "./model.js";
import { rednet, rednetInfo, rednetVariants } from "./rednet.js";
import { regnet, regnetInfo, regnetVariants } from "./regnet.js";
import { resnet, resnetInfo, resnetVariants } from "./resnet.js";
import { swin, swinInfo, swinVariants } from "./swin.js";
import { vit, vitInfo, vitVariants } from "./vit.js";

export { Cait, type CaitOptions, cait } from "./cait.js";
export { Coadvise, type CoadviseOptions, coadvise } from "./coadvise.js";
export { ConvNet, type ConvNetOptions, convNet } from "./conv-net.js";
export { type LoadOptions, loadWeights } from "./load-weights.js";
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
export { Rednet, type RednetOptions, rednet } from "./rednet.js";
export { Regnet, type RegnetOptions, regnet } from "./regnet.js";
export { Resnet, type ResnetOptions, resnet } from "./resnet.js";
export { Swin, type SwinOptions, swin } from "./swin.js";
export { VisionTransformer, type VitOptions, vit } from "./vit.js";

/** A row of the table: a name's own options under the caller's. */
interface Variant {
  create(options: CommonOptions): Model;
  info(options: CommonOptions): ModelInfo;
}

function rows<O extends CommonOptions>(
  variants: Record<string, O>,
  create: (options: O) => Model,
  info: (options: O) => ModelInfo,
): [string, Variant][] {
  return Object.entries(variants).map(([name, own]) => {
    const merge = (options: CommonOptions): O => ({ name, ...own, ...given(options), input: { ...own.input, ...options.input } });
    return [name, { create: (options) => create(merge(options)), info: (options) => info(merge(options)) }];
  });
}

const table = new Map<string, Variant>([
  ...rows(vitVariants, vit, vitInfo),
  ...rows(swinVariants, swin, swinInfo),
  ...rows(caitVariants, cait, caitInfo),
  ...rows(convNetVariants, convNet, convNetInfo),
  ...rows(rednetVariants, rednet, rednetInfo),
  ...rows(regnetVariants, regnet, regnetInfo),
  ...rows(resnetVariants, resnet, resnetInfo),
  ...rows(coadviseVariants, coadvise, coadviseInfo),
]);

export interface CreateOptions extends CommonOptions, LoadOptions {
  /** Tensors by timm's keys, as `loadTensors` reads them from a file. */
  weights?: ReadonlyMap<string, Tensor>;
}

/** A model by its name, freshly initialised or with the weights given. */
export function createModel(name: string, { weights, freshHead, ...options }: CreateOptions = {}): Model {
  const model = variant(name).create(options);
  if (!weights) return model;
  try {
    return loadWeights(model, weights, { freshHead });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A model's facts, without making it. */
export const modelInfo = (name: string, options: CommonOptions = {}): ModelInfo => variant(name).info(options);

export const listModels = (): string[] => [...table.keys()];

function variant(name: string): Variant {
  const found = table.get(name);
  if (found) return found;
  throw new UserError(`Unknown model "${name}".`, {
    remedy: [didYouMean(name, table.keys()), "vit-distill models shows all."].filter(Boolean).join(" "),
  });
}
