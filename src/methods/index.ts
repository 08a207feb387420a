/** The distillation methods, one file each. */

import { coAdvise } from "./co-advise.js";
import { hard } from "./hard.js";
import { manifold } from "./manifold.js";
import type { Method } from "./method.js";
import { none } from "./none.js";
import { soft } from "./soft.js";
import { token } from "./token.js";

export { type Advice, type CoAdviseOptions, coAdvise } from "./co-advise.js";
export {
  commonGrid,
  type Grid,
  type Meeting,
  type MeetOptions,
  meet,
  mergePatches,
  onGrid,
  patchTokens,
  poolPatches,
  type UnequalGrids,
} from "./grids.js";
export { type HardOptions, hard } from "./hard.js";
export {
  everyLayer,
  firstAndLast,
  type LayerMap,
  type LayerPair,
  layerPairs,
  type Tap,
  type TapPair,
  tapNames,
} from "./layer-map.js";
export { type ManifoldOptions, type ManifoldWeights, manifold } from "./manifold.js";
export { allPairsLoss, interLoss, intraLoss, type Reduction, randomLoss } from "./manifold-terms.js";
export {
  byAlpha,
  defineMethod,
  type LossInput,
  listening,
  type Method,
  type MethodDefinition,
  type Players,
  type Reads,
  type TapNames,
  type Terms,
  type WeighedBy,
  weigh,
} from "./method.js";
export { type NoneOptions, none } from "./none.js";
export { type SoftOptions, soft } from "./soft.js";
export { type TokenOptions, token } from "./token.js";

/** A row of `vit-distill methods`. */
export interface MethodEntry {
  /** One sentence. */
  summary: string;
  source: string;
  /** The method with its defaults. */
  create(): Method;
}

export const methods: Record<string, MethodEntry> = {
  none: { summary: "No teacher: cross entropy alone, the baseline.", source: "", create: none },
  soft: {
    summary: "KL divergence to the teacher's logits at a temperature.",
    source: "https://arxiv.org/abs/1503.02531",
    create: soft,
  },
  hard: {
    summary: "The teacher's most likely class as a second label.",
    source: "https://arxiv.org/abs/2012.12877",
    create: hard,
  },
  token: { summary: "DeiT's distillation token, hard or soft.", source: "https://arxiv.org/abs/2012.12877", create: token },
  manifold: {
    summary: "Relations between patches, within an image and across images, drawn to the teacher's.",
    source: "https://arxiv.org/abs/2107.01378",
    create: manifold,
  },
  "co-advise": {
    summary: "Teachers of different inductive bias, each heard by a token of its own.",
    source: "https://arxiv.org/abs/2106.12378",
    create: coAdvise,
  },
};
