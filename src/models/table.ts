/** The models by name: timm's names, and factories with options of their own under them. */

import { didYouMean } from "../nearest.js";
import { UserError } from "../user-error.js";
import { cait, caitInfo, caitVariants } from "./cait.js";
import { coadvise, coadviseInfo, coadviseVariants } from "./coadvise.js";
import { convNet, convNetInfo, convNetVariants } from "./conv-net.js";
import { type CommonOptions, given, type Model, type ModelInfo } from "./model.js";
import { rednet, rednetInfo, rednetVariants } from "./rednet.js";
import { regnet, regnetInfo, regnetVariants } from "./regnet.js";
import { resnet, resnetInfo, resnetVariants } from "./resnet.js";
import { swin, swinInfo, swinVariants } from "./swin.js";
import { vit, vitInfo, vitVariants } from "./vit.js";

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

/** A model by its name, freshly initialised. */
export const makeModel = (name: string, options: CommonOptions = {}): Model => variant(name).create(options);

/** A model's facts, without making it. */
export const modelInfo = (name: string, options: CommonOptions = {}): ModelInfo => variant(name).info(options);

export const listModels = (): string[] => [...table.keys()];

function variant(name: string): Variant {
  const found = table.get(name);
  if (found) return found;
  throw new UserError("ERR_UNKNOWN_MODEL", `Unknown model "${name}".`, {
    remedy: [didYouMean(name, table.keys()), "vit-distill models shows all."].filter(Boolean).join(" "),
  });
}
