/** The network in the files of test/models/foreign, made by us. */

import { join } from "node:path";
import { type Model, vit } from "../../src/models/index.js";
import { noGrad, tidy } from "../../src/torch/index.js";
import { wave } from "./wave.js";

export const file = (name: string) => join(import.meta.dirname, "../models/foreign", name);

/** The tiny ViT with the weights that the files hold: by their sorted keys. */
export function native(): Model {
  const model = vit({ imgSize: 16, patchSize: 4, embedDim: 8, depth: 2, heads: 2, numClasses: 5 }).eval().requiresGrad_(false);
  tidy(() => {
    const sorted = [...model.stateDict()].sort(([a], [b]) => (a < b ? -1 : 1));
    noGrad(() => {
      for (const [phase, [, tensor]] of sorted.entries()) tensor.copy_(wave(tensor.shape, phase).mul(0.5));
    });
  });
  return model;
}
