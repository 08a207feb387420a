/** A convolution and its batch normalisation, under timm's keys `conv` and `bn`. */

import type { Tensor } from "../torch/index.js";
import { BatchNorm2d } from "./batch-norm.js";
import { Conv2d } from "./conv.js";
import { Module } from "./module.js";

export interface ConvNormOptions {
  stride?: number;
  groups?: number;
}

export class ConvNorm extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  /** Odd kernels keep the map's size (divided by the stride, rounded up). */
  constructor(inChannels: number, outChannels: number, kernel: number, { stride = 1, groups = 1 }: ConvNormOptions = {}) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernel, { stride, groups, padding: (kernel - 1) / 2, bias: false });
    this.bn = new BatchNorm2d(outChannels);
  }

  forward(x: Tensor): Tensor {
    return x.pipe(this.conv).pipe(this.bn); // [B, C, H, W]
  }
}

/** The same, and a ReLU. */
export class ConvNormRelu extends ConvNorm {
  override forward(x: Tensor): Tensor {
    return super.forward(x).relu(); // [B, C, H, W]
  }
}
