/** Gradient clipping by the total norm, as torch.nn.utils.clip_grad_norm_. https://arxiv.org/abs/1211.5063 */

import { _foreachMul_, _foreachNorm, gradsOf, noGrad, stack, type Tensor, tidy } from "../torch/index.js";

/** The norm of all gradients as one vector. */
export function gradNorm(parameters: readonly Tensor[]): number {
  return tidy(() => normOf(gradients(parameters)));
}

/** Scales all gradients so that their total norm is at most `maxNorm`; returns the norm before. A norm that is no number spreads. */
export function clipGradNorm_(parameters: readonly Tensor[], maxNorm: number): number {
  return tidy(() => {
    const found = gradients(parameters);
    const norm = normOf(found);
    const scale = maxNorm / (norm + 1e-6);
    if (!(scale >= 1)) noGrad(() => _foreachMul_(found, scale));
    return norm;
  });
}

const gradients = (parameters: readonly Tensor[]): Tensor[] => gradsOf(parameters).filter((gradient) => gradient !== null);

const normOf = (found: readonly Tensor[]): number => (found.length === 0 ? 0 : stack(_foreachNorm(found)).norm().item());
