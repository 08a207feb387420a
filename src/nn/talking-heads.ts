/**
 * Attention whose heads exchange their scores before the softmax and their weights after it. https://arxiv.org/abs/2003.02436
 * B images, N tokens, H heads, E channels a head.
 */

import { isRecorded, type Tensor, talkingHeads, tidy } from "../torch/index.js";
import type { Dropout } from "./dropout.js";
import type { Linear } from "./linear.js";

export interface TalkingHeadsCall {
  /** The exchange of scores, and that of attention weights: [H, H] each, with a bias. */
  before: Linear;
  after: Linear;
  /** Of the attention weights. */
  dropout: Dropout;
}

/**
 * Every query's mean of the values, [B, N, H·E], of queries, keys and values as one linear layer leaves them. Where nothing is
 * recorded it is one operator of our own, which never writes a map of N × N numbers (native/talking-heads.h).
 */
export function talkingAttention(qkv: Tensor /* [B, N, 3·H·E] */, call: TalkingHeadsCall): Tensor {
  const { before, after } = call;
  if (!isFused(qkv, call)) return tidy(() => composedTalkingAttention(qkv, call));
  return talkingHeads(qkv, before.weight, before.bias!, after.weight, after.bias!); // [B, N, H·E]
}

function isFused(qkv: Tensor, { before, after, dropout }: TalkingHeadsCall): boolean {
  const fits = qkv.device === "cpu" && (qkv.dtype === "float32" || qkv.dtype === "bfloat16");
  return fits && !dropout.isActive && !isRecorded([qkv, before.weight, before.bias!, after.weight, after.bias!]);
}

/** The same by libtorch's operators, for every device and dtype, with a gradient. */
export function composedTalkingAttention(qkv: Tensor /* [B, N, 3·H·E] */, { before, after, dropout }: TalkingHeadsCall): Tensor {
  const [batch, n, width] = qkv.shape;
  const heads = before.weight.shape[0];
  const scale = (width / 3 / heads) ** -0.5;
  const [q, k, v] = qkv.reshape([batch, n, 3, heads, -1]).permute([2, 0, 3, 1, 4]).unbind(); // each [B, H, N, E]
  const scores = q.mul(scale).matmul(k.transpose(-2, -1)); // [B, H, N, N]
  const weights = mixHeads(scores, before).softmax(-1); // [B, H, N, N]
  const mixed = mixHeads(weights, after).pipe(dropout); // [B, H, N, N]
  return mixed.matmul(v).transpose(1, 2).reshape([batch, n, -1]); // [B, N, H·E]
}

/** A linear layer over the heads, as one product per image with the maps laid flat: nothing is permuted. */
function mixHeads(maps: Tensor /* [B, H, N, N] */, { weight, bias }: Linear): Tensor {
  const [batch, heads] = maps.shape;
  const flat = maps.reshape([batch, heads, -1]); // [B, H, N²]
  const mixed = bias!.unsqueeze(1).baddbmm(weight.expand([batch, heads, heads]), flat); // [B, H, N²]
  return mixed.reshape(maps.shape); // [B, H, N, N]
}
