/**
 * ViT and DeiT: a transformer over image patches, with a class token and, if wanted, a distillation token; and DeiT III,
 * which scales what its branches add. https://arxiv.org/abs/2010.11929, https://arxiv.org/abs/2012.12877,
 * https://arxiv.org/abs/2204.07118
 */

import {
  Attention,
  Dropout,
  DropPath,
  type EncoderBlockParts,
  fusedBlock,
  Identity,
  type Layer,
  LayerNorm,
  Linear,
  Mlp,
  Module,
} from "../nn/index.js";
import { cat, full as filled, Parameter, type Tensor, tidy } from "../torch/index.js";
import { initialiseLinears, learnedTokens } from "./initialise.js";
import { inputSpec } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, layerTaps, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { PatchEmbed } from "./patch-embed.js";
import { pickTokens } from "./pick-tokens.js";

// B images, C channels, S image size, P prefix tokens (1, or 2 when distilled), N patches (or the k that are looked at), D embedding width

export interface VitOptions extends CommonOptions {
  patchSize?: number;
  embedDim?: number;
  depth?: number;
  heads?: number;
  mlpRatio?: number;
  attnDrop?: number;
  /** A second token with its own head, taught by a teacher. */
  distilled?: boolean;
  /** LayerScale's start: how little a block does at first. No LayerScale unless told. */
  initScale?: number;
  /** The position embedding has no entry for the tokens in front of the patches. */
  noEmbedClass?: boolean;
}

const defaults = {
  name: "vit",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  patchSize: 16,
  embedDim: 768,
  depth: 12,
  heads: 12,
  mlpRatio: 4,
  attnDrop: 0,
  distilled: false,
  noEmbedClass: false,
};

export function vitInfo(options: VitOptions): ModelInfo {
  const { name, imgSize, inChannels, numClasses, patchSize, embedDim, depth, distilled } = { ...defaults, ...given(options) };
  const grid = [imgSize / patchSize, imgSize / patchSize] as const;
  return {
    name,
    family: "vit",
    embedDim,
    depth,
    numClasses,
    inChannels,
    heads: distilled ? ["class", "distillation"] : ["class"],
    prefixTokens: distilled ? 2 : 1,
    grid,
    input: inputSpec({ imgSize, inChannels, input: options.input }),
    ...layerTaps("blocks", Array(depth).fill({ grid, width: embedDim })),
  };
}

interface BlockOptions {
  embedDim: number;
  heads: number;
  mlpRatio: number;
  drop: number;
  attnDrop: number;
  dropPath: number;
  initScale?: number;
}

/** A learned weight for each channel, small at first. https://arxiv.org/abs/2103.17239 */
class LayerScale extends Module {
  readonly gamma: Parameter; // [D]

  constructor(width: number, start: number) {
    super();
    this.gamma = new Parameter(filled([width], start));
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.gamma);
  }
}

/** Attention and an MLP, each on the normalised stream and added to it. */
export class Block extends Module {
  readonly norm1: LayerNorm;
  readonly attn: Attention;
  readonly ls1: Layer;
  readonly dropPath: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly ls2: Layer;

  constructor({ embedDim, heads, mlpRatio, drop, attnDrop, dropPath, initScale }: BlockOptions) {
    super();
    const layerScale = (): Layer => (initScale === undefined ? new Identity() : new LayerScale(embedDim, initScale));
    this.norm1 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.attn = new Attention(embedDim, heads, { qkvBias: true, attnDrop, projDrop: drop });
    this.ls1 = layerScale();
    this.dropPath = new DropPath(dropPath);
    this.norm2 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.mlp = new Mlp(embedDim, embedDim * mlpRatio, { drop });
    this.ls2 = layerScale();
  }

  /** How much the class token looks at each token, mean over heads. [B, P + N, D] → [B, P + N] */
  saliency(x: Tensor): Tensor {
    return tidy(() => this.attn.ofFirstToken(x.pipe(this.norm1)));
  }

  /** Every token is looked at; the first `tokens` of them come out, all unless told. */
  forward(x: Tensor /* [B, P + N, D] */, { tokens = x.size(1) }: { tokens?: number } = {}): Tensor {
    return (tokens === x.size(1) ? fusedBlock(x, this.#parts()) : null) ?? this.#composed(x, tokens);
  }

  #parts(): EncoderBlockParts {
    const { norm1, attn, norm2, mlp, dropPath, ls1, ls2 } = this;
    const scales = [ls1, ls2].flatMap((scale) => (scale instanceof LayerScale ? [scale.gamma] : []));
    const weightDrop = { isActive: attn.training && attn.attnDrop > 0 };
    return { heads: attn.heads, norm1, attn, norm2, mlp, scales, dropPath, drops: [weightDrop, attn.projDrop, mlp.drop] };
  }

  #composed(x: Tensor, tokens: number): Tensor {
    return tidy(() => {
      const kept = tokens === x.size(1) ? x : x.slice({ dim: 1, end: tokens });
      const mixed = this.attn.forward(x.pipe(this.norm1), { queries: tokens }); // [B, tokens, D]
      const attended = kept.add(mixed.pipe(this.ls1).pipe(this.dropPath));
      return attended.add(attended.pipe(this.norm2).pipe(this.mlp).pipe(this.ls2).pipe(this.dropPath)); // [B, tokens, D]
    });
  }
}

/** A trunk; stochastic depth rises linearly to its last block. */
export const blocksOf = ({ depth, dropPath, ...options }: BlockOptions & { depth: number }): Block[] =>
  Array.from({ length: depth }, (_, i) => new Block({ ...options, dropPath: (dropPath * i) / Math.max(depth - 1, 1) }));

/** The first `tokens` after the whole trunk. Unless the last block's patches are asked for, no more than these pass it. */
export function prefixAfter(blocks: readonly Block[], x: Tensor /* [B, P + N, D] */, tokens: number, tapped: Taps): Tensor {
  const last = blocks.length - 1;
  const before = tapped.through(blocks.slice(0, last), x); // [B, P + N, D]
  tapped.keepSaliency(() => blocks[last].saliency(before).slice({ dim: 1, start: tokens })); // [B, N]
  if (!tapped.asked.includes(`blocks.${last}`)) return blocks[last].forward(before, { tokens }); // [B, P, D]
  return tapped.keep(`blocks.${last}`, before.pipe(blocks[last])).slice({ dim: 1, end: tokens }); // [B, P, D]
}

export class VisionTransformer extends Model {
  readonly info: ModelInfo;
  readonly clsToken: Parameter; // [1, 1, D]
  readonly distToken: Parameter | null; // [1, 1, D]
  readonly posEmbed: Parameter; // [1, P + N, D], or [1, N, D] with noEmbedClass
  readonly patchEmbed: PatchEmbed;
  readonly posDrop: Dropout;
  readonly blocks: Block[];
  readonly norm: LayerNorm;
  readonly head: Linear;
  readonly headDist: Linear | null;
  readonly noEmbedClass: boolean;

  constructor(options: VitOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    const { embedDim, numClasses, distilled, noEmbedClass } = full;
    this.info = vitInfo(options);
    const { grid, prefixTokens } = this.info;
    this.patchEmbed = new PatchEmbed(full);
    this.clsToken = learnedTokens([1, 1, embedDim]);
    this.distToken = distilled ? learnedTokens([1, 1, embedDim]) : null;
    this.posEmbed = learnedTokens([1, (noEmbedClass ? 0 : prefixTokens) + grid[0] * grid[1], embedDim]);
    this.posDrop = new Dropout(full.drop);
    this.blocks = blocksOf(full);
    this.norm = new LayerNorm(embedDim, { eps: 1e-6 });
    this.head = new Linear(embedDim, numClasses);
    this.headDist = distilled ? new Linear(embedDim, numClasses) : null;
    this.noEmbedClass = noEmbedClass;
    initialiseLinears(this);
  }

  override get givesSaliency(): boolean {
    return true;
  }

  override get takesPatches(): boolean {
    return true;
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [], ...wanted }: ForwardOptions = {}): Output {
    return tidy(() => {
      const tapped = new Taps(taps, this.info, wanted);
      const embedded = this.#embed(images, wanted.patches); // [B, P + N, D]
      const prefix = prefixAfter(this.blocks, embedded, this.info.prefixTokens, tapped).pipe(this.norm); // [B, P, D]
      return { ...this.#classify(prefix), ...tapped.found() };
    });
  }

  #embed(images: Tensor, chosen?: Tensor | null): Tensor {
    const patches = this.patchEmbed.forward(images, chosen); // [B, N, D]
    const prefixTokens = this.noEmbedClass ? 0 : this.info.prefixTokens;
    const positions = chosen ? pickTokens(this.posEmbed, chosen, { prefixTokens }) : this.posEmbed;
    const tokens = [this.clsToken, ...(this.distToken ? [this.distToken] : [])];
    const prefix = tokens.map((token) => token.expand([images.shape[0], -1, -1])); // each [B, 1, D]
    const embedded = this.noEmbedClass
      ? cat([...prefix, patches.add(positions)], { dim: 1 }) // [B, P + N, D]
      : cat([...prefix, patches], { dim: 1 }).add(positions); // [B, P + N, D]
    return embedded.pipe(this.posDrop);
  }

  #classify(prefix: Tensor /* [B, P, D] */): Omit<Output, "taps"> {
    const classLogits = prefix.select(1, 0).pipe(this.head); // [B, classes]
    if (!this.headDist) return { logits: classLogits, heads: { class: classLogits } };
    const distillation = prefix.select(1, 1).pipe(this.headDist); // [B, classes]
    const logits = this.training ? classLogits : classLogits.add(distillation).div(2); // [B, classes]
    return { logits, heads: { class: classLogits, distillation } };
  }

  /** DeiT III's own files call its scales `gamma_1` and `gamma_2`, timm's `ls1.gamma` and `ls2.gamma`. */
  override convertWeights(weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
    return new Map([...weights].map(([key, value]) => [key.replace(/\.gamma_([12])$/, ".ls$1.gamma"), value]));
  }
}

export const vit = (options: VitOptions = {}): VisionTransformer => new VisionTransformer(options);

const tiny = { embedDim: 192, heads: 3 };
const small = { embedDim: 384, heads: 6 };
const medium = { embedDim: 512, heads: 8 };
const base = { embedDim: 768, heads: 12 };
const large = { embedDim: 1024, depth: 24, heads: 16 };
const huge = { embedDim: 1280, depth: 32, heads: 16 };

// timm's ViT weights were trained on pictures scaled to −1 … 1, DeiT's on ImageNet's statistics
const halves = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const at224 = { imgSize: 224, input: { ...halves, crop: 0.9 } };
const at384 = { imgSize: 384, input: { ...halves, crop: 1 } };
const deit224 = { imgSize: 224, input: { crop: 0.9 } };
const deit384 = { imgSize: 384, input: { crop: 1 } };
const third = { initScale: 1e-6, noEmbedClass: true };

/** timm's names. */
export const vitVariants: Record<string, VitOptions> = {
  vit_tiny_patch16_224: { ...tiny, ...at224, patchSize: 16 },
  vit_tiny_patch16_384: { ...tiny, ...at384, patchSize: 16 },
  vit_small_patch32_224: { ...small, ...at224, patchSize: 32 },
  vit_small_patch32_384: { ...small, ...at384, patchSize: 32 },
  vit_small_patch16_224: { ...small, ...at224, patchSize: 16 },
  vit_small_patch16_384: { ...small, ...at384, patchSize: 16 },
  vit_base_patch32_224: { ...base, ...at224, patchSize: 32 },
  vit_base_patch32_384: { ...base, ...at384, patchSize: 32 },
  vit_base_patch16_224: { ...base, ...at224, patchSize: 16 },
  vit_base_patch16_384: { ...base, ...at384, patchSize: 16 },
  vit_base_patch32_sam_224: { ...base, ...at224, patchSize: 32 },
  vit_base_patch16_sam_224: { ...base, ...at224, patchSize: 16 },
  vit_base_patch8_224: { ...base, ...at224, patchSize: 8 },
  vit_large_patch32_224: { ...large, ...at224, patchSize: 32 },
  vit_large_patch32_384: { ...large, ...at384, patchSize: 32 },
  vit_large_patch16_224: { ...large, ...at224, patchSize: 16 },
  vit_large_patch16_384: { ...large, ...at384, patchSize: 16 },
  deit_tiny_patch16_224: { ...tiny, ...deit224, patchSize: 16 },
  deit_small_patch16_224: { ...small, ...deit224, patchSize: 16 },
  deit_base_patch16_224: { ...base, ...deit224, patchSize: 16 },
  deit_base_patch16_384: { ...base, ...deit384, patchSize: 16 },
  deit_tiny_distilled_patch16_224: { ...tiny, ...deit224, patchSize: 16, distilled: true },
  deit_small_distilled_patch16_224: { ...small, ...deit224, patchSize: 16, distilled: true },
  deit_base_distilled_patch16_224: { ...base, ...deit224, patchSize: 16, distilled: true },
  deit_base_distilled_patch16_384: { ...base, ...deit384, patchSize: 16, distilled: true },
  deit3_small_patch16_224: { ...small, ...third, ...deit224, patchSize: 16 },
  deit3_small_patch16_384: { ...small, ...third, ...deit384, patchSize: 16 },
  deit3_medium_patch16_224: { ...medium, ...third, ...deit224, patchSize: 16 },
  deit3_base_patch16_224: { ...base, ...third, ...deit224, patchSize: 16 },
  deit3_base_patch16_384: { ...base, ...third, ...deit384, patchSize: 16 },
  deit3_large_patch16_224: { ...large, ...third, ...deit224, patchSize: 16 },
  deit3_large_patch16_384: { ...large, ...third, ...deit384, patchSize: 16 },
  deit3_huge_patch14_224: { ...huge, ...third, ...deit224, patchSize: 14 },
};
