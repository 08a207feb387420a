/** Transformer's blocks to try the operator of ours on: drawn ones of every size, and the same written as layers. */

import {
  attention,
  composedTalkingAttention,
  Dropout,
  DropPath,
  type EncoderBlockParts,
  LayerNorm,
  Linear,
  Mlp,
  type Module,
} from "../../src/nn/index.js";
import { encoderBlock, randn, type Tensor, tidy } from "../../src/torch/index.js";

export interface Case {
  images: number;
  tokens: number;
  heads: number;
  width: number; // of a head
  hidden: number;
  talks: boolean;
  scaled: boolean;
  biased: boolean;
}

export const plain = { talks: false, scaled: false, biased: true };
export const caits = { talks: true, scaled: true, biased: true };

/** A block that is far from the identity: its branches are as large as its stream. */
function build({ heads, width, hidden, talks, scaled, biased }: Case): { parts: EncoderBlockParts; modules: Module[] } {
  const dim = heads * width;
  const [norm1, norm2] = [new LayerNorm(dim), new LayerNorm(dim)];
  const attn = { qkv: new Linear(dim, 3 * dim, { bias: biased }), proj: new Linear(dim, dim) };
  const mlp = new Mlp(dim, hidden);
  const exchange = [new Linear(heads, heads), new Linear(heads, heads)] as const;
  const modules = [norm1, norm2, attn.qkv, attn.proj, mlp, ...exchange];
  for (const module of modules) module.requiresGrad_(false);
  for (const { weight, bias } of [norm1, norm2]) {
    weight.add_(randn([dim]).mul(0.3));
    bias.add_(randn([dim]).mul(0.3));
  }
  const scales = scaled ? [randn([dim]), randn([dim])] : [];
  const dropPath = new DropPath(0);
  return { parts: { heads, norm1, attn, norm2, mlp, dropPath, drops: [], scales, ...(talks && { exchange }) }, modules };
}

export function withBlock(c: Case, fn: (x: Tensor, parts: EncoderBlockParts) => void): void {
  tidy(() => {
    const { parts, modules } = build(c);
    fn(randn([c.images, c.tokens, c.heads * c.width]), parts);
    for (const module of modules) module.dispose();
  });
}

/** `kept`: what the branches count for, image by image. */
export function composed(x: Tensor, parts: EncoderBlockParts, kept: Tensor | null = null /* [2, B] */): Tensor {
  const { heads, norm1, attn, norm2, mlp, exchange, scales = [] } = parts;
  const [batch, n, dim] = x.shape;
  const qkv = x.pipe(norm1).pipe(attn.qkv);
  const heard = (): Tensor => {
    if (exchange) return composedTalkingAttention(qkv, { before: exchange[0], after: exchange[1], dropout: new Dropout(0) });
    const [q, k, v] = qkv.reshape([batch, n, 3, heads, -1]).permute([2, 0, 3, 1, 4]).unbind();
    return attention(q, k, v).transpose(1, 2).reshape([batch, n, dim]);
  };
  const scaled = (branch: Tensor, i: number): Tensor => (scales[i] ? branch.mul(scales[i]) : branch);
  const counted = (branch: Tensor, i: number): Tensor => (kept ? branch.mul(kept.select(0, i).reshape([-1, 1, 1])) : branch);
  const attended = x.add(counted(scaled(heard().pipe(attn.proj), 0), 0));
  return attended.add(counted(scaled(attended.pipe(norm2).pipe(mlp), 1), 1));
}

/** What the operator takes, as `fusedBlock` gives it. */
export function given({ norm1, attn, norm2, mlp, exchange, scales = [] }: EncoderBlockParts) {
  const layers = [attn.qkv, attn.proj, mlp.fc1, mlp.fc2];
  const norms = [norm1.weight, norm1.bias, norm2.weight, norm2.bias];
  const [weights, biases] = [layers.map(({ weight }) => weight), layers.map(({ bias }) => bias)];
  return { norms, weights, biases, talk: (exchange ?? []).flatMap(({ weight, bias }) => [weight, bias!]), scales };
}

export function operator(x: Tensor, parts: EncoderBlockParts, options: { portable?: boolean; kept?: Tensor } = {}): Tensor {
  const { norms, weights, biases, talk, scales } = given(parts);
  return encoderBlock(x, parts.heads, norms, weights, biases, talk, scales, { eps: parts.norm1.eps, ...options });
}
