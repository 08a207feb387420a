/**
 * CaiT: deep transformers with LayerScale and talking-heads attention over patches only; a class token that enters late
 * and reads them through class attention. https://arxiv.org/abs/2103.17239, https://arxiv.org/abs/2003.02436
 */

import {
  Dropout,
  DropPath,
  type EncoderBlockParts,
  firstTokenAttention,
  fusedBlock,
  LayerNorm,
  Linear,
  Mlp,
  Module,
  talkingAttention,
} from "../nn/index.js";
import { cat, full as filled, Parameter, type Tensor, tidy } from "../torch/index.js";
import { initialiseLinears, learnedTokens } from "./initialise.js";
import { inputSpec } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, layerTaps, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { PatchEmbed } from "./patch-embed.js";
import { pickTokens } from "./pick-tokens.js";

// B images, C channels, S image size, N patches (or the k that are looked at), D embedding width, H heads, E = D / H

export interface CaitOptions extends CommonOptions {
  patchSize?: number;
  embedDim?: number;
  depth?: number;
  /** Blocks at the end in which only the class token moves. */
  depthTokenOnly?: number;
  heads?: number;
  mlpRatio?: number;
  attnDrop?: number;
  /** LayerScale's start: how little a block does at first. */
  initScale?: number;
}

const defaults = {
  name: "cait",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  patchSize: 16,
  embedDim: 768,
  depth: 12,
  depthTokenOnly: 2,
  heads: 12,
  mlpRatio: 4,
  attnDrop: 0,
  initScale: 1e-4,
};

export function caitInfo(options: CaitOptions): ModelInfo {
  const { name, imgSize, inChannels, numClasses, patchSize, embedDim, depth } = { ...defaults, ...given(options) };
  const grid = [imgSize / patchSize, imgSize / patchSize] as const;
  return {
    name,
    family: "cait",
    embedDim,
    depth,
    numClasses,
    inChannels,
    heads: ["class"],
    prefixTokens: 0,
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
  initScale: number;
}

/** Attention whose heads exchange their scores before the softmax and their weights after it. */
class TalkingHeads extends Module {
  readonly qkv: Linear;
  readonly attnDrop: Dropout;
  readonly proj: Linear;
  readonly proj_l: Linear;
  readonly proj_w: Linear;
  readonly projDrop: Dropout;

  constructor({ embedDim, heads, attnDrop, drop }: BlockOptions) {
    super();
    this.qkv = new Linear(embedDim, 3 * embedDim);
    this.attnDrop = new Dropout(attnDrop);
    this.proj = new Linear(embedDim, embedDim);
    this.proj_l = new Linear(heads, heads);
    this.proj_w = new Linear(heads, heads);
    this.projDrop = new Dropout(drop);
  }

  forward(x: Tensor /* [B, N, D] */): Tensor {
    const { proj_l: before, proj_w: after, attnDrop: dropout } = this;
    return tidy(() => {
      const mixed = tidy(() => talkingAttention(x.pipe(this.qkv), { before, after, dropout })); // [B, N, D]
      return mixed.pipe(this.proj).pipe(this.projDrop); // [B, N, D]
    });
  }
}

/** Attention of the class token alone over itself and the patches. */
class ClassAttention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly proj: Linear;

  constructor(
    embedDim: number,
    readonly heads: number,
  ) {
    super();
    this.q = new Linear(embedDim, embedDim);
    this.k = new Linear(embedDim, embedDim);
    this.v = new Linear(embedDim, embedDim);
    this.proj = new Linear(embedDim, embedDim);
  }

  forward(tokens: Tensor /* [B, 1 + N, D] */): Tensor {
    const [batch, , width] = tokens.shape;
    const split = (x: Tensor): Tensor => x.reshape([batch, -1, this.heads, width / this.heads]).transpose(1, 2);
    const q = split(tokens.slice({ dim: 1, end: 1 }).pipe(this.q)).mul((width / this.heads) ** -0.5); // [B, H, 1, E]
    const k = split(tokens.pipe(this.k)); // [B, H, 1 + N, E]
    const v = split(tokens.pipe(this.v)); // [B, H, 1 + N, E]
    const weights = q.matmul(k.transpose(-2, -1)).softmax(-1); // [B, H, 1, 1 + N]
    return weights.matmul(v).transpose(1, 2).reshape([batch, 1, width]).pipe(this.proj); // [B, 1, D]
  }

  /** The weights' mean over heads. [B, 1 + N, D] → [B, 1 + N] */
  weights(tokens: Tensor): Tensor {
    const { heads, q: query, k } = this;
    return firstTokenAttention(tokens, { heads, query, key: k.weight });
  }
}

const layerScale = (embedDim: number, initScale: number): Parameter => new Parameter(filled([embedDim], initScale));

/** A block over the patches. */
class Block extends Module {
  readonly gamma_1: Parameter; // [D]
  readonly gamma_2: Parameter; // [D]
  readonly norm1: LayerNorm;
  readonly attn: TalkingHeads;
  readonly dropPath: DropPath;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor(options: BlockOptions) {
    super();
    const { embedDim, mlpRatio, drop, dropPath, initScale } = options;
    this.gamma_1 = layerScale(embedDim, initScale);
    this.gamma_2 = layerScale(embedDim, initScale);
    this.norm1 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.attn = new TalkingHeads(options);
    this.dropPath = new DropPath(dropPath);
    this.norm2 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.mlp = new Mlp(embedDim, embedDim * mlpRatio, { drop });
  }

  forward(x: Tensor /* [B, N, D] */): Tensor {
    return fusedBlock(x, this.#parts()) ?? this.#composed(x);
  }

  #parts(): EncoderBlockParts {
    const { attn, norm1, norm2, mlp, gamma_1, gamma_2 } = this;
    const { proj_l: before, proj_w: after, attnDrop, projDrop } = attn;
    return {
      heads: before.weight.size(0),
      norm1,
      attn,
      norm2,
      mlp,
      exchange: [before, after],
      scales: [gamma_1, gamma_2],
      dropPath: this.dropPath,
      drops: [attnDrop, projDrop, mlp.drop],
    };
  }

  #composed(x: Tensor /* [B, N, D] */): Tensor {
    return tidy(() => {
      const attended = x.add(x.pipe(this.norm1).pipe(this.attn).mul(this.gamma_1).pipe(this.dropPath));
      return attended.add(attended.pipe(this.norm2).pipe(this.mlp).mul(this.gamma_2).pipe(this.dropPath)); // [B, N, D]
    });
  }
}

/** A block in which only the class token moves. */
class ClassBlock extends Module {
  readonly gamma_1: Parameter; // [D]
  readonly gamma_2: Parameter; // [D]
  readonly norm1: LayerNorm;
  readonly attn: ClassAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor({ embedDim, heads, mlpRatio, initScale }: BlockOptions) {
    super();
    this.gamma_1 = layerScale(embedDim, initScale);
    this.gamma_2 = layerScale(embedDim, initScale);
    this.norm1 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.attn = new ClassAttention(embedDim, heads);
    this.norm2 = new LayerNorm(embedDim, { eps: 1e-6 });
    this.mlp = new Mlp(embedDim, embedDim * mlpRatio);
  }

  /** How much the class token looks at each patch, mean over heads. */
  saliency(token: Tensor /* [B, 1, D] */, patches: Tensor /* [B, N, D] */): Tensor {
    return tidy(() => {
      const tokens = cat([token, patches], { dim: 1 }).pipe(this.norm1); // [B, 1 + N, D]
      return this.attn.weights(tokens).slice({ dim: 1, start: 1 }); // [B, N]
    });
  }

  forward(token: Tensor /* [B, 1, D] */, patches: Tensor /* [B, N, D] */): Tensor {
    return tidy(() => {
      const tokens = cat([token, patches], { dim: 1 }); // [B, 1 + N, D]
      const attended = token.add(tokens.pipe(this.norm1).pipe(this.attn).mul(this.gamma_1));
      return attended.add(attended.pipe(this.norm2).pipe(this.mlp).mul(this.gamma_2)); // [B, 1, D]
    });
  }
}

export class Cait extends Model {
  readonly info: ModelInfo;
  readonly clsToken: Parameter; // [1, 1, D]
  readonly posEmbed: Parameter; // [1, N, D]
  readonly patchEmbed: PatchEmbed;
  readonly posDrop: Dropout;
  readonly blocks: Block[];
  readonly blocksTokenOnly: ClassBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(options: CaitOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    const { embedDim, depth, depthTokenOnly, numClasses } = full;
    this.info = caitInfo(options);
    const { grid } = this.info;
    this.patchEmbed = new PatchEmbed(full);
    this.clsToken = learnedTokens([1, 1, embedDim]);
    this.posEmbed = learnedTokens([1, grid[0] * grid[1], embedDim]);
    this.posDrop = new Dropout(full.drop);
    // the same stochastic depth in every block
    this.blocks = Array.from({ length: depth }, () => new Block(full));
    this.blocksTokenOnly = Array.from({ length: depthTokenOnly }, () => new ClassBlock(full));
    this.norm = new LayerNorm(embedDim, { eps: 1e-6 });
    this.head = new Linear(embedDim, numClasses);
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
      const positions = wanted.patches ? pickTokens(this.posEmbed, wanted.patches) : this.posEmbed; // [B or 1, N, D]
      const embedded = this.patchEmbed.forward(images, wanted.patches).add(positions).pipe(this.posDrop); // [B, N, D]
      const patches = tapped.through(this.blocks, embedded); // [B, N, D]
      let token: Tensor = this.clsToken.expand([images.shape[0], -1, -1]); // [B, 1, D]
      for (const [i, block] of this.blocksTokenOnly.entries()) {
        if (i === this.blocksTokenOnly.length - 1) tapped.keepSaliency(() => block.saliency(token, patches));
        token = block.forward(token, patches);
      }
      const logits = token.pipe(this.norm).select(1, 0).pipe(this.head); // [B, classes]
      return { logits, heads: { class: logits }, ...tapped.found() };
    });
  }
}

export const cait = (options: CaitOptions = {}): Cait => new Cait(options);

const xxs = { embedDim: 192, heads: 4, initScale: 1e-5 };
const xs = { embedDim: 288, heads: 6, initScale: 1e-5 };
const s = { embedDim: 384, heads: 8, initScale: 1e-5 };
const m = { embedDim: 768, heads: 16, initScale: 1e-6 };

/** timm 0.5.4's names; the number after the letters is the depth, the last one the image size. */
export const caitVariants: Record<string, CaitOptions> = {
  cait_xxs24_224: { ...xxs, depth: 24, imgSize: 224 },
  cait_xxs24_384: { ...xxs, depth: 24, imgSize: 384 },
  cait_xxs36_224: { ...xxs, depth: 36, imgSize: 224 },
  cait_xxs36_384: { ...xxs, depth: 36, imgSize: 384 },
  cait_xs24_384: { ...xs, depth: 24, imgSize: 384 },
  cait_s24_224: { ...s, depth: 24, imgSize: 224 },
  cait_s24_384: { ...s, depth: 24, imgSize: 384 },
  cait_s36_384: { ...s, depth: 36, imgSize: 384, initScale: 1e-6 },
  cait_m36_384: { ...m, depth: 36, imgSize: 384 },
  cait_m48_448: { ...m, depth: 48, imgSize: 448 },
};
