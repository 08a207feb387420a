/**
 * Involution: a kernel of its own at every position, made from the features there and shared by the channels of a group;
 * a convolution shares the other way round. https://arxiv.org/abs/2103.06255
 */

import { involution, type Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { Conv2d } from "./conv.js";
import { ConvNormRelu } from "./conv-norm.js";
import { Module } from "./module.js";

// B images, C channels in G groups, H × W their map, h × w the map after the stride, K the kernel's side

const GROUP_CHANNELS = 16;
const REDUCTION = 4;

/** A convolution alone, under the key `conv`. */
class Projection extends Module {
  readonly conv: Conv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, 1);
  }

  forward(x: Tensor): Tensor {
    return this.conv.forward(x);
  }
}

/** [B, C, H, W] → [B, C, ⌈H / stride⌉, ⌈W / stride⌉]. C is a multiple of 16, the channels of a group; the kernel's side is odd. */
export class Involution extends Module {
  readonly conv1: ConvNormRelu;
  readonly conv2: Projection;
  readonly kernel: number;
  readonly stride: number;
  readonly groups: number;

  constructor(channels: number, kernel: number, { stride = 1 }: { stride?: number } = {}) {
    super();
    if (channels % GROUP_CHANNELS !== 0)
      throw new UserError("ERR_MODEL_CONFIG", `An involution takes a multiple of ${GROUP_CHANNELS} channels, got ${channels}.`);
    if (kernel % 2 !== 1) throw new UserError("ERR_MODEL_CONFIG", `An involution's kernel has an odd side, got ${kernel}.`);
    this.kernel = kernel;
    this.stride = stride;
    this.groups = channels / GROUP_CHANNELS;
    this.conv1 = new ConvNormRelu(channels, channels / REDUCTION, 1);
    this.conv2 = new Projection(channels / REDUCTION, this.groups * kernel ** 2);
  }

  forward(x: Tensor): Tensor {
    const { kernel, stride, groups } = this;
    // the last window is cut where the map does not divide, so that every position of the result has a kernel
    const pooled = stride === 1 ? x : x.avgPool2d(stride, { ceilMode: true }); // [B, C, h, w]
    const flat = pooled.pipe(this.conv1).pipe(this.conv2); // [B, G K K, h, w]
    const [batch, , height, width] = flat.shape;
    const kernels = flat.view([batch, groups, kernel, kernel, height, width]);
    return involution(x, kernels, { stride, padding: (kernel - 1) / 2 }); // [B, C, h, w]
  }
}
