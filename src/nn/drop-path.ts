/** Stochastic depth: in training drops a branch for whole samples and scales the rest. https://arxiv.org/abs/1603.09382 */

import { empty, type Tensor } from "../torch/index.js";
import { Module } from "./module.js";

export class DropPath extends Module {
  readonly p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  get isActive(): boolean {
    return this.training && this.p > 0;
  }

  forward(x: Tensor): Tensor {
    if (!this.isActive) return x;
    const keep = 1 - this.p;
    const perSample = x.shape.map((extent, dim) => (dim === 0 ? extent : 1));
    using mask = empty(perSample, { dtype: x.dtype, device: x.device }).bernoulli_({ p: keep }).div_(keep); // [B, 1, …]
    return x.mul(mask);
  }
}
