/** What one picture costs a model. */

import { arange, inferenceMode, tallyMacs, tidy, zeros } from "../torch/index.js";
import { costs, type ModelCosts } from "./costs.generated.js";
import type { Model } from "./model.js";

/**
 * Multiply-accumulates of one picture at the model's own size, in eval mode: of linear layers, convolutions, involutions, attention and
 * every other product of matrices; half of what is called FLOPs. The last layer is counted whole, as papers count: unless its
 * patches are asked for, a ViT computes the prefix tokens alone there, and so does less. `patches` is how many of them the model looks at,
 * where it `takesPatches`; all unless told.
 */
export function countMacs(model: Model, { patches: count }: { patches?: number } = {}): number {
  const { inChannels, input, layers } = model.info;
  const wasTraining = model.training;
  model.eval();
  try {
    return tidy(() => {
      const device = model.parameters()[0].device;
      const picture = zeros([1, inChannels, input.size, input.size], { device }); // [1, C, S, S]
      const patches = count === undefined ? null : arange(0, count, { device }).unsqueeze(0); // [1, k]
      return tallyMacs(() => inferenceMode(() => model.forward(picture, { taps: layers.slice(-1), patches }))).macs;
    });
  } finally {
    model.train(wasTraining);
  }
}

/** Parameters and multiply-accumulates of a name of the table, without making the model: written down by `npm run costs`. */
export const modelCosts = (name: string): ModelCosts | undefined => costs[name];
