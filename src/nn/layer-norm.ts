/** Layer normalisation over the last dimension. https://arxiv.org/abs/1607.06450 */

import { layerNorm, ones, Parameter, type Tensor, zeros } from "../torch/index.js";
import { Module } from "./module.js";

export class LayerNorm extends Module {
  weight: Parameter;
  bias: Parameter;
  readonly eps: number;

  constructor(dim: number, { eps = 1e-5 }: { eps?: number } = {}) {
    super();
    this.weight = new Parameter(ones([dim]));
    this.bias = new Parameter(zeros([dim]));
    this.eps = eps;
  }

  /** In the weight's precision, which CPU autocast leaves to us. */
  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    if (x.dtype === weight.dtype) return layerNorm(x, weight.shape, { weight, bias, eps });
    using wide = x.to({ dtype: weight.dtype });
    return layerNorm(wide, weight.shape, { weight, bias, eps });
  }
}
