/** Self-attention as one operator of ours against the same by libtorch's: shapes, dtypes, layouts, kernels, when it runs, what it refuses. */

import { beforeEach, describe, expect, test } from "vitest";
import { Attention, attention } from "../../src/nn/index.js";
import {
  autocast,
  type DType,
  grad,
  hasOperator,
  inferenceMode,
  listen,
  manualSeed,
  memory,
  noGrad,
  randn,
  selfAttention,
  type Tensor,
  tidy,
  zeros,
} from "../../src/torch/index.js";

beforeEach(() => void manualSeed(0));

interface Case {
  images: number;
  tokens: number;
  heads: number;
  width: number; // of a head
}

/** Sizes of every kind: one of each, below and above what a tile takes, whole tiles, odd ones, DeiT-Tiny's. */
const cases: Case[] = [
  { images: 1, tokens: 1, heads: 1, width: 1 },
  { images: 3, tokens: 1, heads: 4, width: 16 },
  { images: 2, tokens: 32, heads: 2, width: 32 },
  { images: 1, tokens: 17, heads: 3, width: 5 },
  { images: 2, tokens: 33, heads: 5, width: 33 },
  { images: 5, tokens: 50, heads: 12, width: 64 },
  { images: 2, tokens: 197, heads: 3, width: 64 },
  { images: 1, tokens: 40, heads: 64, width: 3 },
];

const qkvOf = ({ images, tokens, heads, width }: Case): Tensor => randn([images, tokens, 3 * heads * width]);

function literal(qkv: Tensor, heads: number): Tensor {
  const [batch, tokens] = qkv.shape;
  const [q, k, v] = qkv.reshape([batch, tokens, 3, heads, -1]).permute([2, 0, 3, 1, 4]).unbind(); // each [B, H, N, E]
  return attention(q, k, v).transpose(1, 2).flatten({ startDim: 2 }); // [B, N, H·E]
}

/** Largest difference to the literal form in float64, as a share of its largest value. */
function errorOf(actual: Tensor, qkv: Tensor, heads: number): number {
  const expected = literal(qkv.to({ dtype: "float64" }), heads);
  expect(actual).toMatchObject({ dtype: qkv.dtype, shape: expected.shape });
  return actual.to({ dtype: "float64" }).sub(expected).abs().max().div(expected.abs().max()).item();
}

const tolerance: Partial<Record<DType, number>> = { float32: 3e-6, bfloat16: 2 ** -6 };

describe.each(["float32", "bfloat16"] as const)("%s", (dtype) => {
  test.each(cases)("is the literal form: %j", (c) => {
    tidy(() => {
      const qkv = qkvOf(c).to({ dtype });
      for (const portable of [false, true])
        expect(errorOf(selfAttention(qkv, c.heads, { portable }), qkv, c.heads)).toBeLessThan(tolerance[dtype]!);
    });
  });

  test("scores far apart leave one key its weight; zeros are means of all values; a NaN stays where it is seen", () => {
    tidy(() => {
      const c = cases[5];
      const apart = qkvOf(c).mul(20).to({ dtype });
      expect(errorOf(selfAttention(apart, c.heads), apart, c.heads)).toBeLessThan(tolerance[dtype]! * 100);
      const blank = zeros([2, c.tokens, 3 * c.heads * c.width]).to({ dtype });
      blank
        .select(0, 1)
        .narrow(1, 0, c.heads * c.width)
        .select(0, 3)
        .fill_(Number.NaN); // queries of one token
      const found = selfAttention(blank, c.heads).to({ dtype: "float32" }).isnan();
      expect(found.select(0, 0).sum().item()).toBe(0);
      expect(found.select(0, 1).sum([1]).toArray()).toEqual(Array.from({ length: c.tokens }, (_, i) => (i === 3 ? c.heads * c.width : 0))); // biome-ignore format: one row
    });
  });
});

test("any layout, an empty batch, and nothing left behind", () => {
  const before = memory();
  tidy(() => {
    const c = cases[4];
    const qkv = qkvOf(c);
    const expected = selfAttention(qkv, c.heads).toArray();
    const [turned, strided] = [qkv.transpose(0, 1).contiguous().transpose(0, 1), qkv.unsqueeze(-1).repeat([1, 1, 1, 2]).select(-1, 1)]; // biome-ignore format: one row
    for (const x of [turned, strided]) expect(selfAttention(x, c.heads).toArray()).toEqual(expected);
    expect(selfAttention(qkv.narrow(0, 0, 0), c.heads).shape).toEqual([0, c.tokens, c.heads * c.width]);
    expect(selfAttention(qkv.to({ device: "meta" }), c.heads).shape).toEqual([c.images, c.tokens, c.heads * c.width]);
  });
  expect(memory()).toEqual(before);
});

/** How often our operator ran. */
function runs(fn: () => unknown): number {
  let count = 0;
  const stop = listen(({ operator }) => (count += operator === "vit_distill::self_attention" ? 1 : 0));
  try {
    fn();
  } finally {
    stop();
  }
  return count;
}

test("the layer takes it in float32 where nothing is recorded, and gives the same either way", (context) => {
  if (hasOperator("scaled_dot_product_attention")) context.skip("this libtorch has a fused attention of its own");
  tidy(() => {
    const layer = new Attention(12, 3, { qkvBias: true, attnDrop: 0.5 }).eval();
    const x = randn([2, 9, 12]);
    const fused = noGrad(() => layer.forward(x));
    const recorded = layer.forward(x);
    expect(recorded.sub(fused).abs().max().item()).toBeLessThan(1e-6);
    expect(runs(() => noGrad(() => layer.forward(x)))).toBe(1);
    expect(runs(() => inferenceMode(() => layer.forward(x)))).toBe(1);
    expect(runs(() => grad([layer.forward(x).sum()], [layer.qkv.weight]))).toBe(0);
    expect(runs(() => noGrad(() => layer.forward(x, { queries: 2 })))).toBe(0);
    expect(runs(() => noGrad(() => autocast({ dtype: "bfloat16" }, () => layer.forward(x))))).toBe(0);
    expect(runs(() => noGrad(() => layer.train().forward(x)))).toBe(0);
    layer.eval().requiresGrad_(false);
    expect(runs(() => layer.forward(x))).toBe(1);
    layer.dispose();
  });
});

const refused: [what: string, run: () => Tensor, code: string, ...facts: (string | RegExp)[]][] = [
  ["no tokens' dimension", () => selfAttention(randn([4, 12]), 2), "SHAPE", "[B, N, 3 H E]", "[4, 12]"],
  ["heads that do not divide", () => selfAttention(randn([1, 4, 12]), 3), "SHAPE", "[1, 4, 12]", "3 heads"],
  ["no head", () => selfAttention(randn([1, 4, 12]), 0), "SHAPE", "1 to 64", /\b0$/],
  ["more heads than are built for", () => selfAttention(randn([1, 1, 195]), 65), "SHAPE", "1 to 64", /\b65$/],
  ["no token", () => selfAttention(randn([1, 0, 12]), 2), "SHAPE", "[1, 0, 12]"],
  ["integers", () => selfAttention(zeros([1, 1, 12], { dtype: "int64" }), 2), "DTYPE", "float32", "bfloat16", "Long"],
  ["a gradient", () => selfAttention(randn([1, 1, 12]).requiresGrad_(), 2), "GRADIENT", "noGrad"],
];

test.each(refused)("refuses %s", (_, run, code, ...facts) =>
  tidy(() => {
    expect(run).toThrowCode(`ERR_TORCH_${code}`, /^self_attention: /, ...facts);
  }),
);
