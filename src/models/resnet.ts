/** ResNet in its form of today, whose bottlenecks stride in the 3×3 convolution. https://arxiv.org/abs/1512.03385 */

import { BatchNorm2d, Conv2d, Dropout, DropPath, type Layer, Linear, Module, Sequential, zeros_ } from "../nn/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { initialiseConvolutions } from "./initialise.js";
import { checkImages } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { stagedInfo } from "./staged-info.js";

// B images, C channels in, S image size, D width of a stage, h × w its map, E = D / expansion

export interface ResnetOptions extends CommonOptions {
  /** Blocks in each stage; every stage after the first halves the map. */
  blocks?: readonly number[];
  /** Channels of each stage. */
  widths?: readonly number[];
  /** How many times narrower than its stage a bottleneck's 3×3 convolution is; 1 makes basic blocks, of two of them. */
  expansion?: number;
  stemWidth?: number;
  /** 2 halves the picture in the stem; 1, for small pictures, does not. */
  stemStride?: number;
  /** Halves the stem's map once more. */
  pool?: boolean;
}

const defaults = {
  name: "resnet",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  blocks: [2, 2, 2, 2] as readonly number[],
  widths: [64, 128, 256, 512] as readonly number[],
  expansion: 1,
  stemWidth: 64,
  stemStride: 2,
  pool: true,
};

export function resnetInfo(options: ResnetOptions): ModelInfo {
  const full = { ...defaults, ...given(options) };
  const depth = full.blocks.reduce((sum, count) => sum + count, 0);
  return stagedInfo({ ...full, family: "resnet", firstStride: full.stemStride * (full.pool ? 2 : 1), depth });
}

interface BlockOptions {
  inChannels: number;
  width: number;
  expansion: number;
  stride: number;
  dropPath: number;
}

/** What comes in, to be added at the end: as it is, or by a 1×1 convolution where the shape changes. */
const shortcut = ({ inChannels, width, stride }: BlockOptions): Sequential | null =>
  stride === 1 && inChannels === width
    ? null
    : new Sequential(new Conv2d(inChannels, width, 1, { stride, bias: false }), new BatchNorm2d(width));

const conv3x3 = (inChannels: number, width: number, stride = 1): Conv2d =>
  new Conv2d(inChannels, width, 3, { stride, padding: 1, bias: false });

/** Two 3×3 convolutions. */
class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | null;
  readonly dropPath: DropPath;

  constructor(options: BlockOptions) {
    super();
    const { inChannels, width, stride, dropPath } = options;
    this.conv1 = conv3x3(inChannels, width, stride);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv3x3(width, width);
    this.bn2 = new BatchNorm2d(width);
    this.downsample = shortcut(options);
    this.dropPath = new DropPath(dropPath);
    zeros_(this.bn2.weight); // a block begins as what comes in
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const inner = x.pipe(this.conv1).pipe(this.bn1).relu(); // [B, D, h, w]
      const change = inner.pipe(this.conv2).pipe(this.bn2).pipe(this.dropPath); // [B, D, h, w]
      return change.add(this.downsample ? x.pipe(this.downsample) : x).relu(); // [B, D, h, w]
    });
  }
}

/** Narrow, convolve, widen. */
class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | null;
  readonly dropPath: DropPath;

  constructor(options: BlockOptions) {
    super();
    const { inChannels, width, expansion, stride, dropPath } = options;
    const inner = width / expansion;
    this.conv1 = new Conv2d(inChannels, inner, 1, { bias: false });
    this.bn1 = new BatchNorm2d(inner);
    this.conv2 = conv3x3(inner, inner, stride);
    this.bn2 = new BatchNorm2d(inner);
    this.conv3 = new Conv2d(inner, width, 1, { bias: false });
    this.bn3 = new BatchNorm2d(width);
    this.downsample = shortcut(options);
    this.dropPath = new DropPath(dropPath);
    zeros_(this.bn3.weight); // a block begins as what comes in
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const narrow = x.pipe(this.conv1).pipe(this.bn1).relu(); // [B, E, H, W]
      const inner = narrow.pipe(this.conv2).pipe(this.bn2).relu(); // [B, E, h, w]
      const change = inner.pipe(this.conv3).pipe(this.bn3).pipe(this.dropPath); // [B, D, h, w]
      return change.add(this.downsample ? x.pipe(this.downsample) : x).relu(); // [B, D, h, w]
    });
  }
}

export class Resnet extends Model {
  readonly info: ModelInfo;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly pool: boolean;
  readonly stages: readonly Sequential[];
  readonly headDrop: Dropout;
  readonly fc: Linear;

  constructor(options: ResnetOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    check(full);
    this.info = resnetInfo(options);
    this.conv1 = new Conv2d(full.inChannels, full.stemWidth, 7, { stride: full.stemStride, padding: 3, bias: false });
    this.bn1 = new BatchNorm2d(full.stemWidth);
    this.pool = full.pool;
    this.stages = makeStages(full);
    this.headDrop = new Dropout(full.drop);
    this.fc = new Linear(this.info.embedDim, full.numClasses);
    initialiseConvolutions(this);
  }

  /** Published weights call the stages `layer1`, `layer2`, … */
  protected override fields(): [string, unknown][] {
    const stages = this.stages.map((stage, i): [string, unknown] => [`layer${i + 1}`, stage]);
    return [["conv1", this.conv1], ["bn1", this.bn1], ...stages, ["headDrop", this.headDrop], ["fc", this.fc]];
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    checkImages(images, this.info.input);
    return tidy(() => {
      const tapped = new Taps(taps, this.info);
      let x = this.#begin(images);
      for (const [i, stage] of this.stages.entries()) x = tapped.keepMap(`stages.${i}`, x.pipe(stage)); // [B, D, h, w]
      const logits = x.mean([2, 3]).pipe(this.headDrop).pipe(this.fc); // [B, classes]
      return { logits, heads: { class: logits }, taps: tapped.inOrder() };
    });
  }

  #begin(images: Tensor): Tensor {
    return tidy(() => {
      const nearby = images.contiguous({ memoryFormat: "channelsLast" });
      const map = nearby.pipe(this.conv1).pipe(this.bn1).relu(); // [B, stem, S / stride, S / stride]
      return this.pool ? map.maxPool2d(3, { stride: 2, padding: 1 }) : map;
    });
  }
}

/** Stochastic depth rises linearly to the last block of all. */
function makeStages({ blocks, widths, expansion, stemWidth, dropPath }: typeof defaults): Sequential[] {
  const make = (options: BlockOptions): Layer => (expansion === 1 ? new BasicBlock(options) : new Bottleneck(options));
  const total = blocks.reduce((sum, count) => sum + count, 0);
  return widths.map((width, stage) => {
    const before = blocks.slice(0, stage).reduce((sum, count) => sum + count, 0);
    const first = { inChannels: stage === 0 ? stemWidth : widths[stage - 1], stride: stage === 0 ? 1 : 2 };
    const next = { inChannels: width, stride: 1 };
    const rate = (i: number): number => (dropPath * (before + i)) / Math.max(total - 1, 1);
    const options = (i: number): BlockOptions => ({ ...(i === 0 ? first : next), width, expansion, dropPath: rate(i) });
    return new Sequential(...Array.from({ length: blocks[stage] }, (_, i) => make(options(i))));
  });
}

function check({ name, blocks, widths, expansion }: typeof defaults): void {
  if (blocks.length !== widths.length)
    throw new UserError("ERR_MODEL_CONFIG", `${name} has blocks for ${blocks.length} stages and widths for ${widths.length}.`);
  const odd = widths.find((width) => width % expansion !== 0);
  if (odd !== undefined)
    throw new UserError("ERR_MODEL_CONFIG", `An expansion of ${expansion} does not divide a stage of ${odd} channels.`);
}

export const resnet = (options: ResnetOptions = {}): Resnet => new Resnet(options);

const torchvision = { imgSize: 224, input: { crop: 0.875, interpolation: "bilinear" as const } };
const fifty = { blocks: [3, 4, 6, 3], widths: [256, 512, 1024, 2048], expansion: 4 };

/** timm 0.5.4's names. Its own weights of ResNet-50 see more of the picture than torchvision's, the `tv_` of the same shape. */
export const resnetVariants: Record<string, ResnetOptions> = {
  resnet18: { ...torchvision, blocks: [2, 2, 2, 2] },
  resnet34: { ...torchvision, blocks: [3, 4, 6, 3] },
  resnet50: { ...fifty, imgSize: 224, input: { crop: 0.95 } },
  tv_resnet50: { ...fifty, ...torchvision },
};
