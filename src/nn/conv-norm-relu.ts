/** A convolution, its batch normalisation and a ReLU; keys `conv` and `bn`, as the involution paper's code has them. */

import type { Tensor } from "../torch/index.js";
import { BatchNorm2d } from "./batch-norm.js";
import { Conv2d } from "./conv.js";
import { Module } from "./module.js";

export class ConvNormRelu extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  /** Odd kernels keep the map's size (divided by the stride, rounded up). */
  constructor(inChannels: number, outChannels: number, kernel: number, { stride = 1 }: { stride?: number } = {}) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
    this.bn = new BatchNorm2d(outChannels);
  }

  forward(x: Tensor): Tensor {
    return x.pipe(this.conv).pipe(this.bn).relu(); // [B, C, H, W]
  }
}
