/** How models start, as timm 0.5.4 does it. */

import { Conv2d, kaimingNormal_, Linear, type Module, truncNormal_, zeros_ } from "../nn/index.js";
import { noGrad, Parameter, zeros } from "../torch/index.js";

/** Transformers: truncated normal 0.02 in every linear layer, heads too, and zero biases. */
export function initialiseLinears(model: Module): void {
  noGrad(() => {
    for (const layer of model.modules()) {
      if (!(layer instanceof Linear)) continue;
      truncNormal_(layer.weight, { std: 0.02 });
      layer.bias?.zero_();
    }
  });
}

/** Convolutional networks: Kaiming's normal over the fan-out in every convolution, and zero biases. */
export function initialiseConvolutions(model: Module): void {
  for (const layer of model.modules()) {
    if (!(layer instanceof Conv2d)) continue;
    kaimingNormal_(layer.weight);
    if (layer.bias) zeros_(layer.bias);
  }
}

/** A learned token or position embedding. */
export function learnedTokens(shape: readonly number[]): Parameter {
  return new Parameter(truncNormal_(zeros(shape), { std: 0.02 }));
}
