/**
 * RedNet: ResNet's bottlenecks with an involution in the place of the 3×3 convolution, a teacher whose kernels follow the
 * picture. https://arxiv.org/abs/2103.06255
 */

import {
  BatchNorm2d,
  Conv2d,
  ConvNormRelu,
  Dropout,
  DropPath,
  Involution,
  Linear,
  Module,
  Relu,
  Sequential,
} from "../nn/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { initialiseConvolutions } from "./initialise.js";
import { checkImages } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { stagedInfo } from "./staged-info.js";

// B images, C channels in, S image size, D width of a stage, h × w its map, E = D / expansion

export interface RednetOptions extends CommonOptions {
  /** Blocks in each stage; every stage after the first halves the map. */
  blocks?: readonly number[];
  /** Channels of each stage. */
  widths?: readonly number[];
  /** How many times narrower than its stage a block's involution is; it must be left a multiple of 16 channels. */
  expansion?: number;
  /** The side of the blocks' involution kernels. */
  kernel?: number;
  /** Channels of the stem's map, twice those of its involution. */
  stemWidth?: number;
  /** 2 halves the picture in the stem; 1, for small pictures, does not. */
  stemStride?: number;
  /** Halves the stem's map once more. */
  pool?: boolean;
}

const defaults = {
  name: "rednet",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  blocks: [3, 4, 6, 3] as readonly number[],
  widths: [256, 512, 1024, 2048] as readonly number[],
  expansion: 4,
  kernel: 7,
  stemWidth: 64,
  stemStride: 2,
  pool: true,
};

export function rednetInfo(options: RednetOptions): ModelInfo {
  const full = { ...defaults, ...given(options) };
  const depth = full.blocks.reduce((sum, count) => sum + count, 0);
  return stagedInfo({ ...full, family: "rednet", firstStride: full.stemStride * (full.pool ? 2 : 1), depth });
}

/** The stem without its pooling, [B, C, S, S] → [B, width, S / stride, S / stride]; also the involution stem of Co-advise. */
export function rednetStem(inChannels: number, width: number, { stride }: { stride: number }): Sequential {
  const half = involutionWidth("The stem's involution", width / 2);
  return new Sequential(
    new ConvNormRelu(inChannels, half, 3, { stride }),
    new Involution(half, 3),
    new BatchNorm2d(half),
    new Relu(),
    new ConvNormRelu(half, width, 3),
  );
}

function involutionWidth(what: string, channels: number): number {
  if (channels > 0 && channels % 16 === 0) return channels;
  throw new UserError(
    "ERR_MODEL_CONFIG",
    `${what} would have ${channels} channels, and an involution shares its kernels among 16`,
    {
      remedy: "Choose a width that leaves it a multiple of 16.",
    },
  );
}

interface BlockOptions {
  inChannels: number;
  width: number;
  expansion: number;
  kernel: number;
  stride: number;
  dropPath: number;
}

/** Narrow, involve, widen; added to what came in. */
class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Involution;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | null;
  readonly dropPath: DropPath;

  constructor({ inChannels, width, expansion, kernel, stride, dropPath }: BlockOptions) {
    super();
    const inner = involutionWidth(`At expansion ${expansion} the involution of a block of ${width} channels`, width / expansion);
    this.conv1 = new Conv2d(inChannels, inner, 1, { bias: false });
    this.bn1 = new BatchNorm2d(inner);
    this.conv2 = new Involution(inner, kernel, { stride });
    this.bn2 = new BatchNorm2d(inner);
    this.conv3 = new Conv2d(inner, width, 1, { bias: false });
    this.bn3 = new BatchNorm2d(width);
    this.downsample =
      stride === 1 && inChannels === width
        ? null
        : new Sequential(new Conv2d(inChannels, width, 1, { stride, bias: false }), new BatchNorm2d(width));
    this.dropPath = new DropPath(dropPath);
  }

  forward(x: Tensor): Tensor {
    return tidy(() => {
      const narrow = x.pipe(this.conv1).pipe(this.bn1).relu(); // [B, E, H, W]
      const involved = narrow.pipe(this.conv2).pipe(this.bn2).relu(); // [B, E, h, w]
      const change = involved.pipe(this.conv3).pipe(this.bn3).pipe(this.dropPath); // [B, D, h, w]
      return change.add(this.downsample ? x.pipe(this.downsample) : x).relu(); // [B, D, h, w]
    });
  }
}

/** Blocks at one resolution. */
class Stage extends Sequential {
  override forward(x: Tensor): Tensor {
    return tidy(() => super.forward(x)); // [B, D, h, w]
  }
}

type BackboneOptions = Required<Omit<RednetOptions, "input">>;

/** Stem and stages, the stages under the keys `layer1`, `layer2`, … */
class Backbone extends Module {
  readonly stem: Sequential;
  readonly stages: readonly Stage[];

  constructor({ inChannels, blocks, widths, stemWidth, stemStride, ...block }: BackboneOptions) {
    super();
    this.stem = rednetStem(inChannels, stemWidth, { stride: stemStride });
    this.stages = widths.map((width, stage) => {
      const before = stage === 0 ? stemWidth : widths[stage - 1];
      const first = { ...block, width, inChannels: before, stride: stage === 0 ? 1 : 2 };
      const next = { ...block, width, inChannels: width, stride: 1 };
      return new Stage(...Array.from({ length: blocks[stage] }, (_, i) => new Bottleneck(i === 0 ? first : next)));
    });
  }

  protected override fields(): [string, unknown][] {
    return [["stem", this.stem], ...this.stages.map((stage, i): [string, unknown] => [`layer${i + 1}`, stage])];
  }
}

export class Rednet extends Model {
  readonly info: ModelInfo;
  readonly model: Backbone;
  readonly pool: boolean;
  readonly headDrop: Dropout;
  readonly classifier: Linear;

  constructor(options: RednetOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    this.info = rednetInfo(options);
    if (full.blocks.length !== full.widths.length)
      throw new UserError(
        "ERR_MODEL_CONFIG",
        `${full.name} has blocks for ${full.blocks.length} stages and widths for ${full.widths.length}.`,
      );
    this.model = new Backbone(full);
    this.pool = full.pool;
    this.headDrop = new Dropout(full.drop);
    this.classifier = new Linear(this.info.embedDim, full.numClasses);
    initialiseConvolutions(this);
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    checkImages(images, this.info.input);
    return tidy(() => {
      const tapped = new Taps(taps, this.info);
      let x = this.#begin(images);
      for (const [i, stage] of this.model.stages.entries()) x = tapped.keepMap(`stages.${i}`, x.pipe(stage)); // [B, D, h, w]
      const logits = x.mean([2, 3]).pipe(this.headDrop).pipe(this.classifier); // [B, classes]
      return { logits, heads: { class: logits }, taps: tapped.inOrder() };
    });
  }

  #begin(images: Tensor): Tensor {
    return tidy(() => {
      const map = images.pipe(this.model.stem); // [B, stem, S / stride, S / stride]
      return this.pool ? map.maxPool2d(3, { stride: 2, padding: 1 }) : map;
    });
  }

  /** The paper's own files call the parts `backbone` and `head.fc`. */
  override convertWeights(weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
    const ours = (key: string): string => key.replace(/^backbone\./, "model.").replace(/^head\.fc\./, "classifier.");
    return new Map([...weights].map(([key, value]) => [ours(key), value]));
  }
}

export const rednet = (options: RednetOptions = {}): Rednet => new Rednet(options);

const at224 = { imgSize: 224, input: { crop: 0.875, interpolation: "bilinear" as const } };

/** The paper's names. */
export const rednetVariants: Record<string, RednetOptions> = {
  rednet26: { ...at224, blocks: [1, 2, 4, 1] },
  rednet38: { ...at224, blocks: [2, 3, 5, 2] },
  rednet50: { ...at224, blocks: [3, 4, 6, 3] },
  rednet101: { ...at224, blocks: [3, 4, 23, 3] },
  rednet152: { ...at224, blocks: [3, 8, 36, 3] },
};
