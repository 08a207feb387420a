/** Batch normalisation per channel; the running statistics follow in training. https://arxiv.org/abs/1502.03167 */

import { batchNorm, ones, Parameter, type Tensor, zeros } from "../torch/index.js";
import { Module } from "./module.js";

export class BatchNorm2d extends Module {
  weight: Parameter;
  bias: Parameter;
  runningMean: Tensor;
  runningVar: Tensor;
  numBatchesTracked: Tensor;
  readonly eps: number;
  readonly momentum: number;
  /** The seam for several processes: an engine that joins them puts in a call of the same form which takes its statistics over all. */
  normalise: typeof batchNorm = batchNorm;

  constructor(channels: number, { eps = 1e-5, momentum = 0.1 }: { eps?: number; momentum?: number } = {}) {
    super();
    this.weight = new Parameter(ones([channels]));
    this.bias = new Parameter(zeros([channels]));
    this.runningMean = zeros([channels]);
    this.runningVar = ones([channels]);
    this.numBatchesTracked = zeros([], { dtype: "int64" });
    this.eps = eps;
    this.momentum = momentum;
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, training, momentum, eps } = this;
    if (training) this.numBatchesTracked.add_(1);
    return this.normalise(x, weight, bias, runningMean, runningVar, training, momentum, eps);
  }
}
