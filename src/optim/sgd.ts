/** Stochastic gradient descent with momentum, as torch.optim.SGD. https://proceedings.mlr.press/v28/sutskever13.html */

import { _foreachAdd, _foreachAdd_, _foreachMul_, type Tensor } from "../torch/index.js";
import { type Columns, Optimizer, type OptimizerFactory } from "./optimizer.js";
import { type ParamGroup, paramGroups } from "./param-groups.js";

export interface SgdOptions {
  lr: number;
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
}

export function sgd({ lr, momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions): OptimizerFactory {
  return {
    name: "sgd",
    options: { lr, momentum, nesterov, weightDecay },
    lr,
    build: (named, { noWeightDecay } = {}) =>
      new Sgd(paramGroups(named, { weightDecay, noWeightDecay }), { lr, momentum, nesterov }),
  };
}

export class Sgd extends Optimizer {
  readonly #momentum: number;
  readonly #nesterov: boolean;

  constructor(groups: readonly ParamGroup[], { lr, momentum, nesterov }: { lr: number; momentum: number; nesterov: boolean }) {
    super(groups, { lr, slots: momentum === 0 ? [] : ["momentum_buffer"] });
    this.#momentum = momentum;
    this.#nesterov = nesterov;
  }

  protected update({ parameters, gradients, state: [velocity], weightDecay }: Columns, lr: number): void {
    const decayed = weightDecay === 0 ? gradients : _foreachAdd(gradients, parameters, { alpha: weightDecay });
    const direction = this.#momentum === 0 ? decayed : this.#accelerated(decayed, velocity);
    _foreachAdd_(parameters, direction, { alpha: -lr });
  }

  #accelerated(gradients: readonly Tensor[], velocity: readonly Tensor[]): readonly Tensor[] {
    _foreachMul_(velocity, this.#momentum);
    _foreachAdd_(velocity, gradients);
    return this.#nesterov ? _foreachAdd(gradients, velocity, { alpha: this.#momentum }) : velocity;
  }
}
