/**
 * The keys of Hugging Face Transformers (ViT, DeiT, Swin) as timm's. Query, key and value are apart there and one matrix here.
 * https://github.com/huggingface/transformers/tree/main/src/transformers/models
 */

import { cat, type Tensor } from "../torch/index.js";

/** From the left to the right of a key; `$1` is what stands in the first brackets. */
const NAMES: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/^(vit|deit|swin)\./, ""],
  [/^embeddings\.cls_token$/, "cls_token"],
  [/^embeddings\.distillation_token$/, "dist_token"],
  [/^embeddings\.position_embeddings$/, "pos_embed"],
  [/^embeddings\.patch_embeddings\.projection\./, "patch_embed.proj."],
  [/^embeddings\.norm\./, "patch_embed.norm."],
  [/^encoder\.layer\.(\d+)\./, "blocks.$1."],
  [/^encoder\.layers\./, "layers."],
  [/\.layernorm_before\./, ".norm1."],
  [/\.layernorm_after\./, ".norm2."],
  [/\.attention\.(?:attention|self)\./, ".attn."],
  [/\.attention\.output\.dense\./, ".attn.proj."],
  [/\.intermediate\.dense\./, ".mlp.fc1."],
  [/\.output\.dense\./, ".mlp.fc2."],
  [/^layernorm\./, "norm."],
  [/^(?:cls_)?classifier\./, "head."],
  [/^distillation_classifier\./, "head_dist."],
];

const PARTS = ["query", "key", "value"];

/** Are these Transformers' names? All of its models have this layer, and timm's have not. */
export const isTransformers = (keys: Iterable<string>): boolean =>
  [...keys].some((key) => /(^|\.)embeddings\.patch_embeddings\.projection\.weight$/.test(key));

/** The same weights under timm's keys; others are left as they are. The three parts of an attention become new tensors. */
export function fromTransformers(weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  if (!isTransformers(weights.keys())) return weights;
  const named = new Map([...weights].map(([key, value]) => [toTimm(key), value]));
  return new Map([...named].flatMap(([key, value]) => joined(key, value, named)));
}

const toTimm = (key: string): string => NAMES.reduce((name, [theirs, ours]) => name.replace(theirs, ours), key);

/** The entry itself, or, for the first of three parts that are all there, the whole; the other two go into it. */
function joined(key: string, value: Tensor, all: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  const part = key.match(/\.attn\.(query|key|value)\.(weight|bias)$/);
  if (!part) return [[key, value]];
  const [ending, which, kind] = part;
  const before = key.slice(0, -ending.length);
  const parts = PARTS.map((name) => all.get(`${before}.attn.${name}.${kind}`));
  if (parts.includes(undefined)) return [[key, value]];
  return which === "query" ? [[`${before}.attn.qkv.${kind}`, cat(parts as Tensor[], { dim: 0 })]] : [];
}
