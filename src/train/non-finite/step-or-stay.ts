/** An optimizer's step, or none at all where it would leave weights that are no numbers. */

import type { NamedParameters, Optimizer } from "../../optim/index.js";
import { allFinite, noGrad, tidy } from "../../torch/index.js";

/**
 * Up to this rate no step leaves the range of float32. The norm of the gradients is known to be finite, so that it is below 1.9e19, and
 * AdamW's step is below rate · norm / eps = 2e27 · rate. Only a rate beyond it (or one that is no number) is worth a copy of the weights.
 */
const SAFE_RATE = 1e3;

/** The parameters that would not be finite; where there are any, everything is as it was before. */
export function stepOrStay(optimizer: Optimizer, named: NamedParameters, lr: number): string[] {
  if (lr <= SAFE_RATE) {
    optimizer.step(lr);
    return [];
  }
  return tidy(() => {
    const { tensors, steps } = optimizer.stateDict();
    const weights = named.map(([, parameter]) => parameter);
    const kept = noGrad(() => weights.map((weight) => weight.clone()));
    const state = new Map([...tensors].map(([key, tensor]) => [key, tensor.clone()]));
    optimizer.step(lr);
    const broken = named.filter(([, parameter]) => !allFinite(parameter)).map(([name]) => name);
    if (broken.length > 0) {
      noGrad(() => weights.forEach((weight, i) => weight.copy_(kept[i])));
      optimizer.loadStateDict({ tensors: state, steps });
    }
    return broken;
  });
}
