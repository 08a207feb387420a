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
    using mask = this.draw(
      x,
      x.shape.map((extent, dim) => (dim === 0 ? extent : 1)),
    ); // [B, 1, …]
    return x.mul(mask);
  }

  /** What the branch counts for in each sample of `x`: nothing, or one over the share of those that keep it. */
  draw({ dtype, device }: Tensor, perSample: number[]): Tensor {
    const keep = 1 - this.p;
    return empty(perSample, { dtype, device }).bernoulli_({ p: keep }).div_(keep);
  }
}
