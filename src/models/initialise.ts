/** How DeiT and CaiT start, as timm 0.5.4 does it: truncated normal 0.02 in every linear layer, heads too, and zero biases. */

import { Linear, type Module, truncNormal_ } from "../nn/index.js";
import { noGrad, Parameter, zeros } from "../torch/index.js";

export function initialiseLinears(model: Module): void {
  noGrad(() => {
    for (const layer of model.modules()) {
      if (!(layer instanceof Linear)) continue;
      truncNormal_(layer.weight, { std: 0.02 });
      layer.bias?.zero_();
    }
  });
}

/** A learned token or position embedding. */
export function learnedTokens(shape: readonly number[]): Parameter {
  return new Parameter(truncNormal_(zeros(shape), { std: 0.02 }));
}
