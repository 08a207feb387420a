/** Two-dimensional convolution, [B, C, H, W]. */

import { conv2d, empty, Parameter, type Tensor } from "../torch/index.js";
import { fanIn, kaimingUniform_, uniform_ } from "./init.js";
import { Module } from "./module.js";

export interface ConvOptions {
  stride?: number;
  padding?: number;
  groups?: number;
  bias?: boolean;
}

export class Conv2d extends Module {
  weight: Parameter;
  bias: Parameter | null;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;

  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    { stride = 1, padding = 0, groups = 1, bias = true }: ConvOptions = {},
  ) {
    super();
    this.weight = new Parameter(kaimingUniform_(empty([outChannels, inChannels / groups, kernel, kernel])));
    this.bias = bias ? new Parameter(uniform_(empty([outChannels]), 1 / Math.sqrt(fanIn(this.weight)))) : null;
    this.stride = stride;
    this.padding = padding;
    this.groups = groups;
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, stride, padding, groups } = this;
    return conv2d(x, weight, { bias, stride, padding, groups });
  }
}
