/** Adam with decoupled weight decay, as torch.optim.AdamW. https://arxiv.org/abs/1711.05101 */

import { _foreachAdd_, _foreachAddcdiv_, _foreachAddcmul_, _foreachDiv_, _foreachMul_, _foreachSqrt } from "../torch/index.js";
import { type Columns, Optimizer, type OptimizerFactory } from "./optimizer.js";
import { type ParamGroup, paramGroups } from "./param-groups.js";

export interface AdamWOptions {
  lr: number;
  weightDecay?: number;
  betas?: readonly [number, number];
  eps?: number;
}

export function adamW({ lr, weightDecay = 0.01, betas = [0.9, 0.999], eps = 1e-8 }: AdamWOptions): OptimizerFactory {
  return {
    name: "adamW",
    options: { lr, weightDecay, betas, eps },
    lr,
    build: (named, { noWeightDecay } = {}) => new AdamW(paramGroups(named, { weightDecay, noWeightDecay }), { lr, betas, eps }),
  };
}

export class AdamW extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #eps: number;

  constructor(groups: readonly ParamGroup[], { lr, betas, eps }: { lr: number; betas: readonly [number, number]; eps: number }) {
    super(groups, { lr, slots: ["exp_avg", "exp_avg_sq"] });
    this.#betas = betas;
    this.#eps = eps;
  }

  protected update({ parameters, gradients, state: [mean, square], steps, weightDecay }: Columns, lr: number): void {
    const [beta1, beta2] = this.#betas;
    if (weightDecay !== 0) _foreachMul_(parameters, 1 - lr * weightDecay);
    _foreachMul_(mean, beta1);
    _foreachAdd_(mean, gradients, { alpha: 1 - beta1 });
    _foreachMul_(square, beta2);
    _foreachAddcmul_(square, gradients, gradients, { value: 1 - beta2 });

    const denominator = _foreachSqrt(square);
    _foreachDiv_(denominator, Math.sqrt(1 - beta2 ** steps));
    _foreachAdd_(denominator, this.#eps);
    _foreachAddcdiv_(parameters, mean, denominator, { value: -lr / (1 - beta1 ** steps) });
  }
}
