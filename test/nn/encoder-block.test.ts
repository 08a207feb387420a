/** A transformer's block as one operator of ours against the same by layers: shapes, kernels, weights that change, what it refuses. */

import { describe, expect, test } from "vitest";
import {
  attention,
  composedTalkingAttention,
  Dropout,
  type EncoderBlockParts,
  fusedBlock,
  LayerNorm,
  Linear,
  Mlp,
  type Module,
} from "../../src/nn/index.js";
import {
  autocast,
  encoderBlock,
  full,
  hasMatrixUnit,
  memory,
  noGrad,
  randn,
  type Tensor,
  tidy,
  zeros,
} from "../../src/torch/index.js";

interface Case {
  images: number;
  tokens: number;
  heads: number;
  width: number; // of a head
  hidden: number;
  talks: boolean;
  scaled: boolean;
  biased: boolean;
}

const plain = { talks: false, scaled: false, biased: true };
const caits = { talks: true, scaled: true, biased: true };

/** Whole tiles and parts of them, one of each, batches that do not divide among threads, CaiT-S24's and DeiT-Tiny's sizes. */
const cases: Case[] = [
  { images: 1, tokens: 1, heads: 1, width: 1, hidden: 1, ...caits },
  { images: 1, tokens: 1, heads: 2, width: 16, hidden: 32, ...plain },
  { images: 3, tokens: 17, heads: 3, width: 5, hidden: 37, ...caits },
  { images: 5, tokens: 32, heads: 4, width: 32, hidden: 128, ...plain, biased: false },
  { images: 2, tokens: 33, heads: 5, width: 13, hidden: 200, ...plain, scaled: true },
  { images: 2, tokens: 50, heads: 2, width: 70, hidden: 500, ...caits },
  { images: 2, tokens: 196, heads: 8, width: 48, hidden: 1536, ...caits },
  { images: 2, tokens: 197, heads: 3, width: 64, hidden: 768, ...plain },
];

interface Built {
  parts: EncoderBlockParts;
  modules: Module[];
}

/** A block that is far from the identity: its branches are as large as its stream. */
function build({ heads, width, hidden, talks, scaled, biased }: Case): Built {
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
  return { parts: { heads, norm1, attn, norm2, mlp, drops: [], scales, ...(talks && { exchange }) }, modules };
}

function composed(x: Tensor, { heads, norm1, attn, norm2, mlp, exchange, scales = [] }: EncoderBlockParts): Tensor {
  const [batch, n, dim] = x.shape;
  const qkv = x.pipe(norm1).pipe(attn.qkv);
  const heard = (): Tensor => {
    if (exchange) return composedTalkingAttention(qkv, { before: exchange[0], after: exchange[1], dropout: new Dropout(0) });
    const [q, k, v] = qkv.reshape([batch, n, 3, heads, -1]).permute([2, 0, 3, 1, 4]).unbind();
    return attention(q, k, v).transpose(1, 2).reshape([batch, n, dim]);
  };
  const scaled = (branch: Tensor, i: number): Tensor => (scales[i] ? branch.mul(scales[i]) : branch);
  const attended = x.add(scaled(heard().pipe(attn.proj), 0));
  return attended.add(scaled(attended.pipe(norm2).pipe(mlp), 1));
}

/** With what the operator takes, as `fusedBlock` gives it. */
function operator(x: Tensor, parts: EncoderBlockParts, portable: boolean): Tensor {
  const { heads, norm1, attn, norm2, mlp, exchange = [], scales = [] } = parts;
  const layers = [attn.qkv, attn.proj, mlp.fc1, mlp.fc2];
  const norms = [norm1.weight, norm1.bias, norm2.weight, norm2.bias];
  const [weights, biases] = [layers.map(({ weight }) => weight), layers.map(({ bias }) => bias)];
  const talk = exchange.flatMap(({ weight, bias }) => [weight, bias!]);
  return encoderBlock(x, heads, norms, weights, biases, talk, scales, { eps: norm1.eps, portable });
}

function withBlock(c: Case, fn: (x: Tensor, parts: EncoderBlockParts) => void): void {
  tidy(() => {
    const { parts, modules } = build(c);
    fn(randn([c.images, c.tokens, c.heads * c.width]), parts);
    for (const module of modules) module.dispose();
  });
}

/** Largest difference of what was added to the stream, as a share of the largest that was. */
const errorOf = (actual: Tensor, expected: Tensor, x: Tensor): number =>
  tidy(() => actual.sub(expected).abs().max().div(expected.sub(x).abs().max()).item());

describe.each(cases)("%j", (c) => {
  test("is the block in float32, to bfloat16's precision", () => {
    withBlock(c, (x, parts) => {
      const expected = noGrad(() => composed(x, parts));
      const actual = operator(x, parts, false);
      expect(actual).toMatchObject({ dtype: "float32", shape: x.shape });
      expect(errorOf(actual, expected, x)).toBeLessThan(2 ** -5);
      expect(errorOf(operator(x, parts, true), expected, x)).toBeLessThan(1e-5);
    });
  });
});

test("every image is by itself: alone or in a batch its numbers are the same", () => {
  withBlock({ ...cases[2], images: 5 }, (x, parts) => {
    const together = operator(x, parts, false);
    for (let i = 0; i < 5; i++)
      expect(operator(x.narrow(0, i, 1), parts, false).toArray()).toEqual(together.narrow(0, i, 1).toArray());
  });
});

test("GELU is the error function's, tails included", () => {
  const dim = 32;
  tidy(() => {
    const { parts, modules } = build({ ...cases[1], ...plain });
    const { norm2, mlp, attn } = parts;
    for (const layer of [attn.proj, mlp.fc1, mlp.fc2]) for (const values of [layer.weight, layer.bias!]) values.zero_();
    norm2.weight.zero_();
    for (const from of [-120, -6, -3, -1, 0, 1, 3, 6]) {
      const values = Array.from({ length: dim }, (_, i) => from + i / 16);
      mlp.fc1.bias!.zero_();
      for (const [i, value] of values.entries()) mlp.fc1.bias!.select(0, i).fill_(value);
      for (let i = 0; i < dim; i++) mlp.fc2.weight.select(0, i).select(0, i).fill_(1);
      const expected = mlp.fc1.bias!.gelu();
      const error = operator(zeros([1, 1, dim]), parts, false)
        .reshape([dim])
        .sub(expected)
        .abs();
      expect(
        error
          .sub(expected.abs().mul(2 ** -8))
          .max()
          .item(),
      ).toBeLessThan(1e-5);
    }
    for (const module of modules) module.dispose();
  });
});

test("weights that were written to are read anew", () => {
  withBlock(cases[2], (x, parts) => {
    const before = operator(x, parts, false);
    parts.attn.qkv.weight.mul_(2);
    parts.mlp.fc2.weight.copy_(randn(parts.mlp.fc2.weight.shape));
    const [after, expected] = [operator(x, parts, false), noGrad(() => composed(x, parts))];
    expect(errorOf(after, expected, x)).toBeLessThan(2 ** -5);
    expect(errorOf(before, expected, x)).toBeGreaterThan(0.1);
  });
});

test("a NaN or an infinity of one image stays in it", () => {
  withBlock({ ...cases[2], images: 3 }, (x, parts) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      x.select(0, 1).select(0, 2).select(0, 0).fill_(value);
      const found = operator(x, parts, false).isnan().sum([1, 2]).toArray() as number[];
      expect([found[0], found[2]]).toEqual([0, 0]);
      expect(found[1]).toBeGreaterThan(0);
    }
  });
});

test("any layout, an empty batch, and nothing left behind", () => {
  const before = memory();
  withBlock(cases[4], (x, parts) => {
    const expected = operator(x, parts, false).toArray();
    expect(operator(x.transpose(0, 1).contiguous().transpose(0, 1), parts, false).toArray()).toEqual(expected);
    expect(operator(x.narrow(0, 0, 0), parts, false).shape).toEqual([0, ...x.shape.slice(1)]);
  });
  expect(memory()).toEqual(before);
});

test("takes the block's place under bfloat16 autocast, with nothing recorded and nothing dropped", () => {
  withBlock(cases[1], (x, parts) => {
    const takes = (given: EncoderBlockParts = parts, stream = x): boolean =>
      autocast({}, () => fusedBlock(stream, given)) !== null;
    expect(takes()).toBe(hasMatrixUnit());
    expect(fusedBlock(x, parts)).toBe(null);
    expect(takes({ ...parts, drops: [{ isActive: true }] })).toBe(false);
    expect(takes(parts, x.to({ dtype: "bfloat16" }))).toBe(false);
    expect(takes(parts, x.to({ device: "meta" }))).toBe(false);
    parts.mlp.fc2.bias!.requiresGrad_();
    expect(takes()).toBe(false);
    expect(noGrad(() => takes())).toBe(hasMatrixUnit());
  });
});

test("refuses what does not fit together", () => {
  withBlock(cases[1], (x, parts) => {
    const run =
      (more: Partial<EncoderBlockParts>, stream = x) =>
      () =>
        operator(stream, { ...parts, ...more }, false);
    expect(run({ heads: 5 })).toThrow(/does not divide into 5 heads/);
    expect(run({}, randn([1, 1, 30]))).toThrow(/must have the shape|must be of/);
    expect(run({}, x.to({ dtype: "float64" }))).toThrow(/x must be float32/);
    expect(run({ scales: [full([32], 1)] })).toThrow(/scales must be none or two/);
    expect(run({}, x.clone().requiresGrad_())).toThrow(/has no gradient/);
  });
});
