/**
 * Multi-head attention, softmax(q kᵀ · scale) v. https://arxiv.org/abs/1706.03762
 * B images, N tokens, D channels, H heads, d = D / H channels a head; M query tokens.
 */

import {
  dropout,
  hasOperator,
  isRecorded,
  linear,
  scaledDotProductAttention,
  selfAttention,
  type Tensor,
  tidy,
} from "../torch/index.js";
import { Dropout } from "./dropout.js";
import { firstTokenAttention } from "./first-token-attention.js";
import { Linear } from "./linear.js";
import { Module } from "./module.js";

const isFused = hasOperator("scaled_dot_product_attention");

export interface AttentionCall {
  scale?: number;
  /** The share of attention weights to drop; 0 outside training. */
  dropout?: number;
  /** Added to the scores before the softmax; broadcasts to [B, H, M, N]. */
  bias?: Tensor | null;
}

/** Every query's mean of the values, weighted by how it matches their keys. Fused where libtorch has it. */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { scale = q.size(-1) ** -0.5, dropout = 0, bias = null }: AttentionCall = {},
): Tensor {
  const call = { scale, dropout, bias };
  return tidy(() => (isFused ? fused(q, k, v, call) : composed(q, k, v, call)));
}

function fused(q: Tensor, k: Tensor, v: Tensor, { scale, dropout, bias }: Required<AttentionCall>): Tensor {
  return scaledDotProductAttention(q, k, v, { scale, dropoutP: dropout, attnMask: bias?.to({ dtype: q.dtype }) });
}

function composed(q: Tensor, k: Tensor, v: Tensor, { scale, dropout: p, bias }: Required<AttentionCall>): Tensor {
  const scores = q.mul(scale).matmul(k.transpose(-2, -1)); // [B, H, M, N]
  const weights = (bias ? scores.add(bias) : scores).softmax(-1); // [B, H, M, N]
  const kept = p > 0 ? dropout(weights, p, true) : weights;
  return kept.matmul(v); // [B, H, M, d]
}

export interface AttentionOptions {
  qkvBias?: boolean;
  /** Dropout of the attention weights. */
  attnDrop?: number;
  /** Dropout of the output. */
  projDrop?: number;
}

/** Self-attention with timm's keys. */
export class Attention extends Module {
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly projDrop: Dropout;
  readonly heads: number;
  readonly attnDrop: number;

  constructor(dim: number, heads: number, { qkvBias = false, attnDrop = 0, projDrop = 0 }: AttentionOptions = {}) {
    super();
    this.qkv = new Linear(dim, 3 * dim, { bias: qkvBias });
    this.proj = new Linear(dim, dim);
    this.projDrop = new Dropout(projDrop);
    this.heads = heads;
    this.attnDrop = attnDrop;
  }

  /** All N tokens are looked at; the first `queries` of them look, all unless told. [B, N, D] → [B, M, D] */
  forward(x: Tensor, { queries = x.size(1) }: { queries?: number } = {}): Tensor {
    return tidy(() => {
      const mixed = tidy(() => (queries === x.size(1) ? this.#everyone(x.pipe(this.qkv)) : this.#few(x, queries))); // [B, M, D]
      return mixed.pipe(this.proj).pipe(this.projDrop);
    });
  }

  /** How much the first token looks at each of the N, mean over the heads, before dropout: [B, N, D] → [B, N] */
  ofFirstToken(x: Tensor): Tensor {
    return tidy(() => {
      const { weight, bias } = this.qkv;
      const dim = x.size(-1);
      const query = { weight: weight.slice({ end: dim }), bias: bias?.slice({ end: dim }) };
      return firstTokenAttention(x, { heads: this.heads, query, key: weight.slice({ start: dim, end: 2 * dim }) }); // [B, N]
    });
  }

  /** By one operator of our own, which never writes a map of N × N numbers, where it fits and nothing is recorded. */
  #everyone(qkv: Tensor /* [B, N, 3·D] */): Tensor {
    const fits = !isFused && qkv.device === "cpu" && qkv.dtype === "float32" && this.#drop === 0 && !isRecorded([qkv]);
    return fits ? selfAttention(qkv, this.heads) : this.#mix(this.#heads(qkv, 3)); // [B, N, D]
  }

  #few(x: Tensor, queries: number): Tensor {
    const dim = x.size(-1);
    const { weight, bias } = this.qkv;
    const part = (range: { start?: number; end?: number }) => [weight.slice(range), { bias: bias?.slice(range) }] as const;
    const [q] = this.#heads(linear(x.slice({ dim: 1, end: queries }), ...part({ end: dim })), 1); // [B, H, M, d]
    const [k, v] = this.#heads(linear(x, ...part({ start: dim })), 2); // each [B, H, N, d]
    return this.#mix([q, k, v]); // [B, M, D]
  }

  get #drop(): number {
    return this.training ? this.attnDrop : 0;
  }

  #mix([q, k, v]: Tensor[]): Tensor {
    const mixed = attention(q, k, v, { dropout: this.#drop }); // [B, H, M, d]
    return mixed.transpose(1, 2).flatten({ startDim: 2 }); // [B, M, D]
  }

  /** `parts` projections side by side on the channels, apart and by head. */
  #heads(x: Tensor, parts: number): Tensor[] {
    const [batch, tokens, channels] = x.shape;
    const split = x.reshape([batch, tokens, parts, this.heads, channels / parts / this.heads]); // [B, N, parts, H, d]
    return split.permute([2, 0, 3, 1, 4]).unbind(); // each [B, H, N, d]
  }
}
