/** A small residual network for small pictures, our convolutional teacher. After ResNet, https://arxiv.org/abs/1512.03385 */

import { ConvNorm, Dropout, DropPath, Linear, Module } from "../nn/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

import { type CommonOptions, type ForwardOptions, given, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { stagedInfo } from "./staged-info.js";

// B images, C channels in, S image size, D width of a stage, h × w its map

export interface ConvNetOptions extends CommonOptions {
  /** Channels of each stage; every stage after the first halves the map. */
  widths?: readonly number[];
  /** Residual blocks in each stage. */
  blocks?: number;
}

const defaults = {
  name: "convnet",
  imgSize: 28,
  inChannels: 1,
  numClasses: 10,
  drop: 0,
  dropPath: 0,
  widths: [32, 64, 128] as readonly number[],
  blocks: 2,
};

export function convNetInfo(options: ConvNetOptions): ModelInfo {
  const full = { ...defaults, ...given(options) };
  return stagedInfo({ ...full, family: "convnet", firstStride: 1, depth: full.widths.length * full.blocks });
}

/** Two convolutions added to what came in. */
class ResidualBlock extends Module {
  readonly conv1: ConvNorm;
  readonly conv2: ConvNorm;
  readonly shortcut: ConvNorm | null;
  readonly dropPath: DropPath;

  constructor(inChannels: number, width: number, { stride, dropPath }: { stride: number; dropPath: number }) {
    super();
    this.conv1 = new ConvNorm(inChannels, width, 3, { stride });
    this.conv2 = new ConvNorm(width, width, 3);
    this.shortcut = stride === 1 && inChannels === width ? null : new ConvNorm(inChannels, width, 1, { stride });
    this.dropPath = new DropPath(dropPath);
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const change = x.pipe(this.conv1).relu().pipe(this.conv2).pipe(this.dropPath); // [B, D, h, w]
      return change.add(this.shortcut ? x.pipe(this.shortcut) : x).relu(); // [B, D, h, w]
    });
  }
}

/** Blocks at one resolution. */
class Stage extends Module {
  readonly blocks: ResidualBlock[];

  constructor(
    inChannels: number,
    width: number,
    { blocks, stride, dropPath }: { blocks: number; stride: number; dropPath: number },
  ) {
    super();
    this.blocks = Array.from(
      { length: blocks },
      (_, i) => new ResidualBlock(i === 0 ? inChannels : width, width, { stride: i === 0 ? stride : 1, dropPath }),
    );
  }

  forward(x: Tensor): Tensor {
    return this.blocks.reduce((y, block) => y.pipe(block), x);
  }
}

export class ConvNet extends Model {
  readonly info: ModelInfo;
  readonly stem: ConvNorm;
  readonly stages: Stage[];
  readonly headDrop: Dropout;
  readonly head: Linear;

  constructor(options: ConvNetOptions = {}) {
    super();
    const { inChannels, numClasses, widths, blocks, drop, dropPath } = { ...defaults, ...given(options) };
    this.info = convNetInfo(options);
    this.stem = new ConvNorm(inChannels, widths[0], 3);
    this.stages = widths.map(
      (width, i) => new Stage(widths[Math.max(i - 1, 0)], width, { blocks, stride: i === 0 ? 1 : 2, dropPath }),
    );
    this.headDrop = new Dropout(drop);
    this.head = new Linear(widths[widths.length - 1], numClasses);
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    this.#check(images.shape);
    return tidy(() => {
      const tapped = new Taps(taps, this.info);
      let x = images.contiguous({ memoryFormat: "channelsLast" }).pipe(this.stem).relu(); // [B, D, S, S]
      for (const [i, stage] of this.stages.entries()) {
        x = tapped.keepMap(`stages.${i}`, x.pipe(stage)); // [B, D, h, w]
      }
      const logits = x.mean([2, 3]).pipe(this.headDrop).pipe(this.head); // [B, classes]
      return { logits, heads: { class: logits }, taps: tapped.inOrder() };
    });
  }

  #check([, channels]: readonly number[]): void {
    const { inChannels, name } = this.info;
    if (channels !== inChannels)
      throw new UserError("ERR_INPUT_SHAPE", `${name} takes images of ${inChannels} channels; these have ${channels}.`);
  }
}

export const convNet = (options: ConvNetOptions = {}): ConvNet => new ConvNet(options);

// Fashion-MNIST's statistics
const fashion = { imgSize: 28, inChannels: 1, numClasses: 10, input: { mean: [0.286], std: [0.353] } };

export const convNetVariants: Record<string, ConvNetOptions> = {
  convnet_tiny_28: { ...fashion, widths: [16, 32, 64], blocks: 1 },
  convnet_small_28: { ...fashion, widths: [32, 64, 128], blocks: 2 },
};
