/** y = x Wᵀ + b. */

import { empty, linear, Parameter, type Tensor } from "../torch/index.js";
import { kaimingUniform_, uniform_ } from "./init.js";
import { Module } from "./module.js";

export class Linear extends Module {
  weight: Parameter;
  bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, { bias = true }: { bias?: boolean } = {}) {
    super();
    this.weight = new Parameter(kaimingUniform_(empty([outFeatures, inFeatures])));
    this.bias = bias ? new Parameter(uniform_(empty([outFeatures]), 1 / Math.sqrt(inFeatures))) : null;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, { bias: this.bias });
  }
}
