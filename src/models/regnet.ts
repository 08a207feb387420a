/**
 * RegNetY: residual bottlenecks with grouped convolutions and squeeze-and-excitation, whose widths follow one quantised
 * line over the depth. https://arxiv.org/abs/2003.13678, https://arxiv.org/abs/1709.01507
 */

import { Conv2d, ConvNorm, ConvNormRelu, Dropout, DropPath, Linear, Module, normal_, zeros_ } from "../nn/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { initialiseConvolutions } from "./initialise.js";
import { checkImages } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { stagedInfo } from "./staged-info.js";

// B images, C channels in, S image size, D width of a stage, h × w its map, R width of the squeeze

export interface RegnetOptions extends CommonOptions {
  /** Blocks in all. */
  depth?: number;
  /** w_0, the line's start: the first stage's width. */
  initialWidth?: number;
  /** w_a, what the line gains with each block. */
  slope?: number;
  /** w_m, the factor from a stage's width to the next possible one. */
  widthFactor?: number;
  /** Channels that a grouped convolution mixes. */
  groupWidth?: number;
  /** The squeeze's width over that of the map which enters the block. */
  seRatio?: number;
  stemWidth?: number;
}

const defaults = {
  name: "regnet",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  depth: 13,
  initialWidth: 24,
  slope: 36.44,
  widthFactor: 2.49,
  groupWidth: 8,
  seRatio: 0.25,
  stemWidth: 32,
};

interface StageSize {
  width: number;
  groupWidth: number;
  depth: number;
}

/** The nearest multiple; half-way to an even one, as Python rounds: RegNetY-800MF's published widths hang on it. */
function nearest(value: number, step: number): number {
  const count = value / step;
  return step * (count % 1 === 0.5 ? 2 * Math.round(count / 2) : Math.round(count));
}

/** Blocks of equal width make a stage: u_j = w_0 + w_a·j, rounded to w_0·w_m^s for a whole s, then to 8, then to whole groups. */
function stageSizes({ depth, initialWidth, slope, widthFactor, groupWidth }: typeof defaults): StageSize[] {
  const depths = new Map<number, number>();
  for (let j = 0; j < depth; j++) {
    const power = Math.round(Math.log((initialWidth + slope * j) / initialWidth) / Math.log(widthFactor));
    const width = nearest(initialWidth * widthFactor ** power, 8);
    depths.set(width, (depths.get(width) ?? 0) + 1);
  }
  return [...depths].map(([width, blocks]) => {
    const group = Math.min(groupWidth, width);
    return { width: nearest(width, group), groupWidth: group, depth: blocks };
  });
}

export function regnetInfo(options: RegnetOptions): ModelInfo {
  const full = { ...defaults, ...given(options) };
  const widths = stageSizes(full).map(({ width }) => width);
  return stagedInfo({ ...full, family: "regnet", widths, firstStride: 4 });
}

/** Weighs each channel by what all of them are on average over the map. */
class SqueezeExcite extends Module {
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;

  constructor(channels: number, squeezed: number) {
    super();
    this.fc1 = new Conv2d(channels, squeezed, 1);
    this.fc2 = new Conv2d(squeezed, channels, 1);
  }

  forward(x: Tensor /* [B, D, h, w] */): Tensor {
    const squeezed = x.mean([2, 3], { keepdim: true }).pipe(this.fc1).relu(); // [B, R, 1, 1]
    return x.mul(squeezed.pipe(this.fc2).sigmoid()); // [B, D, h, w]
  }
}

interface BlockOptions {
  inChannels: number;
  width: number;
  groupWidth: number;
  seRatio: number;
  stride: number;
  dropPath: number;
}

class Bottleneck extends Module {
  readonly conv1: ConvNormRelu;
  readonly conv2: ConvNormRelu;
  readonly se: SqueezeExcite;
  readonly conv3: ConvNorm;
  readonly downsample: ConvNorm | null;
  readonly dropPath: DropPath;

  constructor({ inChannels, width, groupWidth, seRatio, stride, dropPath }: BlockOptions) {
    super();
    this.conv1 = new ConvNormRelu(inChannels, width, 1);
    this.conv2 = new ConvNormRelu(width, width, 3, { stride, groups: width / groupWidth });
    this.se = new SqueezeExcite(width, Math.round(inChannels * seRatio));
    this.conv3 = new ConvNorm(width, width, 1);
    this.downsample = stride === 1 && inChannels === width ? null : new ConvNorm(inChannels, width, 1, { stride });
    this.dropPath = new DropPath(dropPath);
    zeros_(this.conv3.bn.weight); // a block begins as what comes in
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const excited = x.pipe(this.conv1).pipe(this.conv2).pipe(this.se); // [B, D, h, w]
      const change = excited.pipe(this.conv3).pipe(this.dropPath); // [B, D, h, w]
      return change.add(this.downsample ? x.pipe(this.downsample) : x).relu(); // [B, D, h, w]
    });
  }
}

/** Blocks at one resolution, under the keys `b1`, `b2`, … */
class Stage extends Module {
  constructor(readonly blocks: readonly Bottleneck[]) {
    super();
  }

  protected override fields(): [string, unknown][] {
    return this.blocks.map((block, i) => [`b${i + 1}`, block]);
  }

  forward(x: Tensor): Tensor {
    return tidy(() => this.blocks.reduce((y, block) => y.pipe(block), x)); // [B, D, h, w]
  }
}

class Head extends Module {
  readonly drop: Dropout;
  readonly fc: Linear;

  constructor(width: number, { numClasses, drop }: { numClasses: number; drop: number }) {
    super();
    this.drop = new Dropout(drop);
    this.fc = new Linear(width, numClasses);
    normal_(this.fc.weight, { std: 0.01 });
    zeros_(this.fc.bias!);
  }

  forward(x: Tensor /* [B, D, h, w] */): Tensor {
    return x.mean([2, 3]).pipe(this.drop).pipe(this.fc); // [B, classes]
  }
}

export class Regnet extends Model {
  readonly info: ModelInfo;
  readonly stem: ConvNormRelu;
  readonly stages: readonly Stage[];
  readonly head: Head;

  constructor(options: RegnetOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    this.info = regnetInfo(options);
    this.stem = new ConvNormRelu(full.inChannels, full.stemWidth, 3, { stride: 2 });
    this.stages = makeStages(full);
    this.head = new Head(this.info.embedDim, full);
    initialiseConvolutions(this);
  }

  /** Published weights call the stages `s1`, `s2`, … */
  protected override fields(): [string, unknown][] {
    return [["stem", this.stem], ...this.stages.map((stage, i): [string, unknown] => [`s${i + 1}`, stage]), ["head", this.head]];
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    checkImages(images, this.info.input);
    return tidy(() => {
      const tapped = new Taps(taps, this.info);
      let x = images.contiguous({ memoryFormat: "channelsLast" }).pipe(this.stem); // [B, stem, S/2, S/2]
      for (const [i, stage] of this.stages.entries()) x = tapped.keepMap(`stages.${i}`, x.pipe(stage)); // [B, D, h, w]
      const logits = x.pipe(this.head); // [B, classes]
      return { logits, heads: { class: logits }, taps: tapped.inOrder() };
    });
  }
}

/** Each stage halves the map at its first block; stochastic depth rises linearly to the last block of all. */
function makeStages(options: typeof defaults): Stage[] {
  const { dropPath, depth, seRatio, stemWidth } = options;
  const sizes = stageSizes(options);
  return sizes.map(({ width, groupWidth, depth: count }, s) => {
    const before = sizes.slice(0, s).reduce((sum, stage) => sum + stage.depth, 0);
    const entering = s === 0 ? stemWidth : sizes[s - 1].width;
    const block = (i: number) =>
      new Bottleneck({
        ...{ width, groupWidth, seRatio },
        ...(i === 0 ? { inChannels: entering, stride: 2 } : { inChannels: width, stride: 1 }),
        dropPath: (dropPath * (before + i)) / Math.max(depth - 1, 1),
      });
    return new Stage(Array.from({ length: count }, (_, i) => block(i)));
  });
}

export const regnet = (options: RegnetOptions = {}): Regnet => new Regnet(options);

// initial width, slope, width factor, group width, depth
const line = (initialWidth: number, slope: number, widthFactor: number, groupWidth: number, depth: number): RegnetOptions => ({
  ...{ initialWidth, slope, widthFactor, groupWidth, depth },
  ...{ imgSize: 224, input: { crop: 0.875 } },
});

/** timm's names; the number is the cost of one picture of 224 pixels in 10^8 multiplications. The lines are the paper's. */
export const regnetVariants: Record<string, RegnetOptions> = {
  regnety_002: line(24, 36.44, 2.49, 8, 13),
  regnety_004: line(48, 27.89, 2.09, 8, 16),
  regnety_006: line(48, 32.54, 2.32, 16, 15),
  regnety_008: line(56, 38.84, 2.4, 16, 14),
  regnety_016: line(48, 20.71, 2.65, 24, 27),
  regnety_032: line(80, 42.63, 2.66, 24, 21),
  regnety_040: line(96, 31.41, 2.24, 64, 22),
  regnety_064: line(112, 33.22, 2.27, 72, 25),
  regnety_080: line(192, 76.82, 2.19, 56, 17),
  regnety_120: line(168, 73.36, 2.37, 112, 19),
  regnety_160: line(200, 106.23, 2.48, 112, 18),
  regnety_320: line(232, 115.89, 2.53, 232, 20),
};
