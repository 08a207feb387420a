/**
 * Swin: a transformer whose attention stays in windows, every other block's windows shifted by half, on a map that halves
 * from stage to stage. https://arxiv.org/abs/2103.14030
 */

import { attention, Dropout, DropPath, LayerNorm, Linear, Mlp, Module } from "../nn/index.js";
import { type Parameter, type Tensor, tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { initialiseLinears, learnedTokens } from "./initialise.js";
import { inputSpec } from "./inputs.js";
import {
  type CommonOptions,
  type ForwardOptions,
  given,
  Model,
  type ModelInfo,
  type Output,
  type TapShape,
  Taps,
} from "./model.js";
import { PatchEmbed } from "./patch-embed.js";

// B images, C channels, S image size, h × w the map and N = h·w its patches, D the stage's width, H heads, E = D / H,
// s side of a window, n = s² its patches, W windows

export interface SwinOptions extends CommonOptions {
  patchSize?: number;
  /** The first stage's width; every stage after it doubles it. */
  embedDim?: number;
  /** Blocks of each stage. */
  depths?: readonly number[];
  /** Heads of each stage. */
  heads?: readonly number[];
  /** Patches along a window's side; a map that is no larger is one window. */
  windowSize?: number;
  mlpRatio?: number;
  attnDrop?: number;
}

const defaults = {
  name: "swin",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  patchSize: 4,
  embedDim: 96,
  depths: [2, 2, 6, 2] as readonly number[],
  heads: [3, 6, 12, 24] as readonly number[],
  windowSize: 7,
  mlpRatio: 4,
  attnDrop: 0,
};

const stageShapes = ({ imgSize, patchSize, embedDim, depths }: typeof defaults): TapShape[] =>
  depths.map((_, i) => {
    const side = imgSize / patchSize / 2 ** i;
    return { grid: [side, side], width: embedDim * 2 ** i };
  });

/** `layers.i.blocks.j` is a block's output; `layers.i` the stage's, which is its last block's, before the map halves. */
export function swinInfo(options: SwinOptions): ModelInfo {
  const full = { ...defaults, ...given(options) };
  const { name, imgSize, inChannels, numClasses, depths } = full;
  const shapes = stageShapes(full);
  const blocks = depths.map((count, i) => Array.from({ length: count }, (_, j) => `layers.${i}.blocks.${j}`));
  const taps = blocks.flatMap((names, i) => [...names, `layers.${i}`].map((tap) => [tap, shapes[i]] as const));
  const { grid, width } = shapes[shapes.length - 1];
  return {
    name,
    family: "swin",
    embedDim: width,
    depth: blocks.flat().length,
    numClasses,
    inChannels,
    heads: ["class"],
    prefixTokens: 0,
    grid,
    input: inputSpec({ imgSize, inChannels, input: options.input }),
    taps: Object.fromEntries(taps),
    layers: blocks.flat(),
  };
}

/** [B, h, w, D] → [B, W, n, D] */
function toWindows(map: Tensor, side: number): Tensor {
  const [b, h, w, d] = map.shape;
  const split = map.reshape([b, h / side, side, w / side, side, d]); // [B, h/s, s, w/s, s, D]
  return split.permute([0, 1, 3, 2, 4, 5]).reshape([b, -1, side * side, d]);
}

/** [B, W, n, D] → [B, h, w, D] */
function fromWindows(windows: Tensor, [h, w]: readonly [number, number], side: number): Tensor {
  const [b, , , d] = windows.shape;
  const split = windows.reshape([b, h / side, w / side, side, side, d]); // [B, h/s, w/s, s, s, D]
  return split.permute([0, 1, 3, 2, 4, 5]).reshape([b, h, w, d]);
}

/** Row of the bias table for every query and key of a window: how far down and how far right the query lies from the key. */
function relativePositions(side: number): BigInt64Array {
  const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side]);
  const rows = places.flatMap(([y, x]) => places.map(([v, u]) => (y - v + side - 1) * (2 * side - 1) + x - u + side - 1));
  return BigInt64Array.from(rows, BigInt);
}

/** Which of the nine parts of the shifted map a position is in: what was carried round the edge is no neighbour. */
function regions([h, w]: readonly [number, number], side: number, shift: number): Float32Array {
  const part = (at: number, size: number): number => (at < size - side ? 0 : at < size - shift ? 1 : 2);
  return Float32Array.from({ length: h * w }, (_, i) => 3 * part(Math.floor(i / w), h) + part(i % w, w));
}

interface WindowOptions {
  width: number;
  heads: number;
  grid: readonly [number, number];
  side: number;
  shift: number;
  drop: number;
  attnDrop: number;
}

/** Attention among the patches of a window, with a learned bias for each relative position and head. */
class WindowAttention extends Module {
  readonly relativePositionBiasTable: Parameter; // [(2s − 1)², H]
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly projDrop: Dropout;
  readonly #positions: BigInt64Array; // [n · n]
  readonly #regions: Float32Array; // [h · w]

  constructor(readonly options: WindowOptions) {
    super();
    const { width, heads, grid, side, shift, drop } = options;
    this.relativePositionBiasTable = learnedTokens([(2 * side - 1) ** 2, heads]);
    this.qkv = new Linear(width, 3 * width);
    this.proj = new Linear(width, width);
    this.projDrop = new Dropout(drop);
    this.#positions = relativePositions(side);
    this.#regions = regions(grid, side, shift);
  }

  forward(map: Tensor /* [B, h, w, D] */): Tensor {
    return tidy(() => {
      const { grid, side, shift } = this.options;
      if (shift === 0) return fromWindows(this.#attend(toWindows(map, side)), grid, side); // [B, h, w, D]
      const shifted = map.roll([-shift, -shift], { dims: [1, 2] }); // [B, h, w, D]
      const attended = fromWindows(this.#attend(toWindows(shifted, side)), grid, side); // [B, h, w, D]
      return attended.roll([shift, shift], { dims: [1, 2] });
    });
  }

  #attend(windows: Tensor /* [B, W, n, D] */): Tensor {
    const [b, count, n, width] = windows.shape;
    const { heads, attnDrop } = this.options;
    const parts = windows.pipe(this.qkv).reshape([b, count, n, 3, heads, width / heads]); // [B, W, n, 3, H, E]
    const [q, k, v] = parts.permute([3, 0, 1, 4, 2, 5]).unbind(); // each [B, W, H, n, E]
    const mixed = attention(q, k, v, { bias: this.#bias(), dropout: this.training ? attnDrop : 0 }); // [B, W, H, n, E]
    return mixed.transpose(2, 3).reshape([b, count, n, width]).pipe(this.proj).pipe(this.projDrop); // [B, W, n, D]
  }

  /** What is added to the scores: the learned bias, and −100 between strangers in the windows of a shifted map. */
  #bias(): Tensor {
    const { side, shift, heads } = this.options;
    const { device } = this.relativePositionBiasTable;
    const n = side * side;
    const positions = tensor(this.#positions, { device }); // [n²]
    const learned = this.relativePositionBiasTable.indexSelect(0, positions).reshape([n, n, heads]).permute([2, 0, 1]); // [H, n, n]
    return shift === 0 ? learned : learned.add(this.#strangers().mul(-100)); // [H, n, n] or [W, H, n, n]
  }

  /** 1 between patches of a window that do not lie side by side in the picture. */
  #strangers(): Tensor {
    const { grid, side } = this.options;
    const { device, dtype } = this.relativePositionBiasTable;
    const map = tensor(this.#regions, { shape: [1, ...grid, 1], device }); // [1, h, w, 1]
    const query = toWindows(map, side).transpose(0, 1); // [W, 1, n, 1]
    return query.ne(query.transpose(-2, -1)).to({ dtype }); // [W, 1, n, n]
  }
}

interface BlockOptions extends WindowOptions {
  mlpRatio: number;
  dropPath: number;
}

/** Window attention and an MLP, each on the normalised stream and added to it. */
class Block extends Module {
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly dropPath: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor(options: BlockOptions) {
    super();
    const { width, mlpRatio, drop, dropPath } = options;
    this.norm1 = new LayerNorm(width);
    this.attn = new WindowAttention(options);
    this.dropPath = new DropPath(dropPath);
    this.norm2 = new LayerNorm(width);
    this.mlp = new Mlp(width, width * mlpRatio, { drop });
  }

  forward(x: Tensor /* [B, N, D] */): Tensor {
    return tidy(() => {
      const { grid, width } = this.attn.options;
      const map = x.pipe(this.norm1).reshape([-1, ...grid, width]); // [B, h, w, D]
      const attended = x.add(map.pipe(this.attn).reshape(x.shape).pipe(this.dropPath)); // [B, N, D]
      return attended.add(attended.pipe(this.norm2).pipe(this.mlp).pipe(this.dropPath)); // [B, N, D]
    });
  }
}

/** Puts every 2×2 block of neighbours side by side on the channels, column by column, and projects it to twice the width. */
class PatchMerging extends Module {
  readonly reduction: Linear;
  readonly norm: LayerNorm;

  constructor(readonly shape: TapShape) {
    super();
    this.reduction = new Linear(4 * shape.width, 2 * shape.width, { bias: false });
    this.norm = new LayerNorm(4 * shape.width);
  }

  forward(x: Tensor /* [B, N, D] */): Tensor {
    return tidy(() => {
      const [h, w] = this.shape.grid;
      const split = x.reshape([-1, h / 2, 2, w / 2, 2, this.shape.width]); // [B, h/2, 2, w/2, 2, D]
      const merged = split.permute([0, 1, 3, 4, 2, 5]).reshape([-1, (h * w) / 4, 4 * this.shape.width]); // [B, N/4, 4D]
      return merged.pipe(this.norm).pipe(this.reduction); // [B, N/4, 2D]
    });
  }
}

/** Blocks at one resolution, and the way to the next. */
class Stage extends Module {
  constructor(
    readonly blocks: readonly Block[],
    readonly downsample: PatchMerging | null,
  ) {
    super();
  }
}

class NormedPatchEmbed extends PatchEmbed {
  readonly norm: LayerNorm;

  constructor(options: typeof defaults) {
    super(options);
    this.norm = new LayerNorm(options.embedDim);
  }

  override forward(images: Tensor /* [B, C, S, S] */): Tensor {
    return super.forward(images).pipe(this.norm); // [B, N, D]
  }
}

export class Swin extends Model {
  readonly info: ModelInfo;
  readonly patchEmbed: NormedPatchEmbed;
  readonly posDrop: Dropout;
  readonly layers: readonly Stage[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(options: SwinOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    check(full);
    this.info = swinInfo(options);
    this.patchEmbed = new NormedPatchEmbed(full);
    this.posDrop = new Dropout(full.drop);
    this.layers = makeStages(full);
    this.norm = new LayerNorm(this.info.embedDim);
    this.head = new Linear(this.info.embedDim, full.numClasses);
    initialiseLinears(this);
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    return tidy(() => {
      const tapped = new Taps(taps, this.info);
      let x = images.pipe(this.patchEmbed).pipe(this.posDrop); // [B, N, D]
      for (const [i, { blocks, downsample }] of this.layers.entries()) {
        x = tapped.keep(`layers.${i}`, tapped.through(blocks, x, `layers.${i}.blocks`)); // [B, N, D]
        if (downsample) x = x.pipe(downsample); // [B, N/4, 2D]
      }
      const logits = x.pipe(this.norm).mean([1]).pipe(this.head); // [B, classes]
      return { logits, heads: { class: logits }, taps: tapped.inOrder() };
    });
  }

  /**
   * Published files carry two tables that follow from the sizes. Those of timm from 0.9 on count a stage's merging to the
   * next stage and call the head `head.fc`.
   */
  override convertWeights(weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
    const later = weights.has("head.fc.weight");
    const ours = (key: string): string =>
      key.replace(/^layers\.(\d+)(?=\.downsample\.)/, (_, i) => `layers.${i - 1}`).replace(/^head\.fc\./, "head.");
    const kept = [...weights].filter(([key]) => !/\.(relative_position_index|attn_mask)$/.test(key));
    return new Map(kept.map(([key, value]) => [later ? ours(key) : key, value]));
  }
}

/** Stochastic depth rises linearly to the last block of all. */
function makeStages(options: typeof defaults): Stage[] {
  const { depths, heads, windowSize, dropPath } = options;
  const total = depths.reduce((sum, count) => sum + count, 0);
  return stageShapes(options).map((shape, i, { length }) => {
    const before = depths.slice(0, i).reduce((sum, count) => sum + count, 0);
    const side = Math.min(windowSize, ...shape.grid);
    const half = side < shape.grid[0] ? Math.floor(side / 2) : 0;
    const block = (j: number): Block =>
      new Block({
        ...options,
        ...shape,
        ...{ heads: heads[i], side, shift: j % 2 === 0 ? 0 : half },
        dropPath: (dropPath * (before + j)) / Math.max(total - 1, 1),
      });
    const blocks = Array.from({ length: depths[i] }, (_, j) => block(j));
    return new Stage(blocks, i < length - 1 ? new PatchMerging(shape) : null);
  });
}

function check(options: typeof defaults): void {
  const { name, imgSize, patchSize, depths, heads, windowSize } = options;
  if (depths.length !== heads.length)
    throw new UserError("ERR_MODEL_CONFIG", `${name} has blocks for ${depths.length} stages and heads for ${heads.length}.`);
  const whole = (side: number): boolean => Number.isInteger(side) && (side <= windowSize || side % windowSize === 0);
  const bad = stageShapes(options).find(({ grid: [side] }) => !whole(side));
  if (bad === undefined) return;
  const pixels = patchSize * windowSize * 2 ** (depths.length - 1);
  throw new UserError(
    "ERR_MODEL_CONFIG",
    `${name} cuts images of ${imgSize} into a map of side ${bad.grid[0]}, which windows of ${windowSize} do not tile`,
    {
      remedy: `Choose an image size that is a multiple of ${pixels} (patch × window × 2 for each halving), or another windowSize.`,
    },
  );
}

export const swin = (options: SwinOptions = {}): Swin => new Swin(options);

const tiny = { embedDim: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24] };
const small = { embedDim: 96, depths: [2, 2, 18, 2], heads: [3, 6, 12, 24] };
const base = { embedDim: 128, depths: [2, 2, 18, 2], heads: [4, 8, 16, 32] };
const large = { embedDim: 192, depths: [2, 2, 18, 2], heads: [6, 12, 24, 48] };
const at224 = { imgSize: 224, windowSize: 7, input: { crop: 0.9 } };
const at384 = { imgSize: 384, windowSize: 12, input: { crop: 1 } };

/** timm 0.5.4's names. */
export const swinVariants: Record<string, SwinOptions> = {
  swin_tiny_patch4_window7_224: { ...tiny, ...at224 },
  swin_small_patch4_window7_224: { ...small, ...at224 },
  swin_base_patch4_window7_224: { ...base, ...at224 },
  swin_base_patch4_window12_384: { ...base, ...at384 },
  swin_large_patch4_window7_224: { ...large, ...at224 },
  swin_large_patch4_window12_384: { ...large, ...at384 },
};
