/**
 * The formula that fills every tensor of the golden values, so that no weights need to be stored: a hash of the tensor's
 * name seeds a counter-based generator (mulberry32). The table of rules is test/golden/fixtures/README.md's.
 */

import type { Module } from "../../src/nn/index.js";
import { noGrad, type Tensor, tensor } from "../../src/torch/index.js";

const embeddings = new Set(["pos_embed", "cls_token", "dist_token", "relative_position_bias_table"]);
const unfilled = new Set(["relative_position_index", "attn_mask"]);

export class Filler {
  /** `salt` goes before every name: other numbers from the same formula. */
  constructor(readonly salt = "") {}

  /** Fills a model's parameters and buffers by their state-dict keys. */
  fill<M extends Module>(model: M): M {
    noGrad(() => {
      for (const [key, target] of model.stateDict()) {
        if (unfilled.has(lastPart(key))) continue;
        using values = tensor(this.#values(key, target.shape, ruleFor(key, target.shape)), { shape: target.shape });
        target.copy_(values);
      }
    });
    return model;
  }

  /** Images, features or logits: uniform with variance 1. */
  input(name: string, shape: readonly number[]): Tensor {
    return tensor(this.#values(name, shape, { scale: Math.sqrt(3) }), { shape });
  }

  labels(name: string, count: number, classes: number): number[] {
    return Array.from(this.#uniform(name, count), (u) => Math.floor(u * classes));
  }

  /** The first `count` of 0 … n − 1 in the order of their random numbers. */
  sample(name: string, n: number, count: number): number[] {
    const u = this.#uniform(name, n);
    const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => u[a] - u[b]);
    return order.slice(0, count);
  }

  #values(name: string, shape: readonly number[], { offset = 0, scale, rectified = false }: Rule): Float32Array {
    const values = this.#uniform(name, product(shape));
    for (let i = 0; i < values.length; i++) {
      const v = 2 * values[i] - 1;
      values[i] = offset + scale * (rectified ? Math.abs(v) : v);
    }
    return new Float32Array(values);
  }

  /** mulberry32 in [0, 1). */
  #uniform(name: string, count: number): Float64Array {
    const seed = fnv1a32(this.salt + name);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      values[i] = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }
    return values;
  }
}

/** offset + scale · v, or |v|, for v uniform in [−1, 1). */
interface Rule {
  offset?: number;
  scale: number;
  rectified?: boolean;
}

/** The first that fits, in the order of the table. */
function ruleFor(key: string, shape: readonly number[]): Rule {
  const last = lastPart(key);
  if (last === "num_batches_tracked") return { scale: 0 };
  if (last === "running_var") return { offset: 1, scale: 0.5, rectified: true };
  if (embeddings.has(last)) return { scale: 0.2 };
  if (key.endsWith("bn3.weight")) return { offset: 0.2, scale: 0.04 };
  if (shape.length > 1) return { scale: Math.sqrt(3 / product(shape.slice(1))) };
  return last === "weight" || last.startsWith("gamma") ? { offset: 1, scale: 0.2 } : { scale: 0.2 };
}

const lastPart = (key: string): string => key.slice(key.lastIndexOf(".") + 1);

const product = (shape: readonly number[]): number => shape.reduce((total, extent) => total * extent, 1);

/** http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a32(text: string): number {
  return new TextEncoder().encode(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5 | 0);
}
