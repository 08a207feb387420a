/** Weights of a published or own checkpoint into a model, with one clear sentence when they do not fit. */

import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { Model } from "./model.js";

export interface LoadOptions {
  /** Keep the model's own classification heads: for a new set of classes on a trained trunk. */
  freshHead?: boolean;
}

// ViT and its kin head, head_dist, head_conv …; RegNet head.fc; RedNet classifier; ResNet fc
const isHead = (key: string): boolean => /^(head(_[a-z0-9]+)?|classifier|fc)\./.test(key);

/** Copies `weights` (timm's keys) into the model. Strict: every key must be there, of its shape, and none besides. */
export function loadWeights<M extends Model>(
  model: M,
  weights: ReadonlyMap<string, Tensor>,
  { freshHead = false }: LoadOptions = {},
): M {
  const own = model.stateDict();
  const found = new Map([...model.convertWeights(weights)].filter(([key]) => !(freshHead && isHead(key))));
  checkClasses(model, found);
  const complete = new Map([...own].filter(([key]) => freshHead && isHead(key)).concat([...found]));
  model.loadStateDict(complete);
  return model;
}

function checkClasses(model: Model, weights: ReadonlyMap<string, Tensor>): void {
  const classes = [...weights].find(([key]) => isHead(key) && key.endsWith(".weight"))?.[1].shape[0];
  const { name, numClasses } = model.info;
  if (classes === undefined || classes === numClasses) return;
  throw new UserError(`The weights for ${name} tell ${classes} classes apart, the model ${numClasses}`, {
    remedy: `Make the model with numClasses: ${classes}, or load with freshHead: true to train a new head on the old trunk.`,
  });
}
