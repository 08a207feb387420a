/** Talking heads as one operator of ours against the same by libtorch's: shapes, dtypes, layouts, kernels, what it refuses. */

import { beforeEach, describe, expect, test } from "vitest";
import { composedTalkingAttention, Dropout, Linear, type TalkingHeadsCall, talkingAttention } from "../../src/nn/index.js";
import {
  autocast,
  type DType,
  grad,
  inferenceMode,
  listen,
  manualSeed,
  memory,
  noGrad,
  randn,
  type Tensor,
  talkingHeads,
  tidy,
  zeros,
} from "../../src/torch/index.js";

interface Case {
  images: number;
  tokens: number;
  heads: number;
  width: number; // of a head
}

/** Sizes of every kind: one of each, below and above what a tile takes, whole tiles, odd ones, CaiT-S24's. */
const cases: Case[] = [
  { images: 1, tokens: 1, heads: 1, width: 1 },
  { images: 3, tokens: 1, heads: 4, width: 16 },
  { images: 2, tokens: 16, heads: 2, width: 32 },
  { images: 1, tokens: 17, heads: 3, width: 5 },
  { images: 2, tokens: 31, heads: 5, width: 33 },
  { images: 1, tokens: 33, heads: 16, width: 65 },
  { images: 5, tokens: 49, heads: 6, width: 48 },
  { images: 1, tokens: 65, heads: 7, width: 100 },
  { images: 1, tokens: 196, heads: 8, width: 48 },
  { images: 1, tokens: 40, heads: 64, width: 3 },
];

const silent = new Dropout(0);

beforeEach(() => {
  manualSeed(0);
});

function callOf({ heads }: Case): TalkingHeadsCall {
  const layer = (): Linear => new Linear(heads, heads).requiresGrad_(false);
  return { before: layer(), after: layer(), dropout: silent };
}

const qkvOf = ({ images, tokens, heads, width }: Case): Tensor => randn([images, tokens, 3 * heads * width]);
const argumentsOf = ({ before, after }: TalkingHeadsCall) => [before.weight, before.bias!, after.weight, after.bias!] as const;

/** Largest difference to the literal form in float64, as a share of its largest value. */
function errorOf(actual: Tensor, qkv: Tensor, call: TalkingHeadsCall): number {
  return tidy(() => {
    const wide = (x: Linear): Linear => {
      const copy = new Linear(x.weight.shape[0], x.weight.shape[0]);
      return noGrad(() => copy.loadStateDict(x.stateDict()) && copy.to({ dtype: "float64" }));
    };
    const [before, after] = [wide(call.before), wide(call.after)];
    const expected = noGrad(() => composedTalkingAttention(qkv.to({ dtype: "float64" }), { ...call, before, after }));
    expect(actual).toMatchObject({ dtype: qkv.dtype, shape: expected.shape });
    const error = actual.to({ dtype: "float64" }).sub(expected).abs().max().div(expected.abs().max()).item();
    for (const layer of [before, after]) layer.dispose();
    return error;
  });
}

const tolerance: Partial<Record<DType, number>> = { float32: 3e-6, bfloat16: 2 ** -6 };

describe.each(["float32", "bfloat16"] as const)("%s", (dtype) => {
  test.each(cases)("is the literal form: %j", (c) => {
    tidy(() => {
      const [call, qkv] = [callOf(c), qkvOf(c).to({ dtype })];
      expect(errorOf(talkingAttention(qkv, call), qkv, call)).toBeLessThan(tolerance[dtype]!);
      expect(errorOf(talkingHeads(qkv, ...argumentsOf(call), { portable: true }), qkv, call)).toBeLessThan(tolerance[dtype]!);
    });
  });

  test("scores far apart leave one key its weight, and no number too small to count", () => {
    tidy(() => {
      const c = cases[6];
      const [call, qkv] = [callOf(c), qkvOf(c).mul(100).to({ dtype })];
      expect(errorOf(talkingAttention(qkv, call), qkv, call)).toBeLessThan(tolerance[dtype]! * 100);
    });
  });

  test("zeros are means of all values; a NaN stays where it is seen", () => {
    tidy(() => {
      const c = cases[6];
      const call = callOf(c);
      const qkv = zeros([2, c.tokens, 3 * c.heads * c.width]).to({ dtype });
      qkv
        .select(0, 1)
        .narrow(1, 0, c.heads * c.width)
        .select(0, 3)
        .fill_(Number.NaN); // queries of one token
      const found = talkingAttention(qkv, call).to({ dtype: "float32" }).isnan();
      expect(found.select(0, 0).sum().item()).toBe(0);
      expect(found.select(0, 1).sum([1]).toArray()).toEqual(
        Array.from({ length: c.tokens }, (_, i) => (i === 3 ? c.heads * c.width : 0)),
      );
    });
  });
});

test("any layout, an empty batch, and nothing left behind", () => {
  const before = memory();
  tidy(() => {
    const c = cases[4];
    const [call, qkv] = [callOf(c), qkvOf(c)];
    const expected = talkingAttention(qkv, call).toArray();
    const [turned, strided] = [
      qkv.transpose(0, 1).contiguous().transpose(0, 1),
      qkv.unsqueeze(-1).repeat([1, 1, 1, 2]).select(-1, 1),
    ];
    for (const x of [turned, strided]) expect(talkingAttention(x, call).toArray()).toEqual(expected);
    expect(talkingAttention(qkv.narrow(0, 0, 0), call).shape).toEqual([0, c.tokens, c.heads * c.width]);
  });
  expect(memory()).toEqual(before);
});

/** The names of our operators that ran. */
function ran(fn: () => void): string[] {
  const names: string[] = [];
  const stop = listen(({ operator }) => names.push(operator));
  try {
    fn();
  } finally {
    stop();
  }
  return names.filter((name) => name.startsWith("vit_distill"));
}

describe("which form runs", () => {
  const c = cases[2];
  const ours = ["vit_distill::talking_heads"];

  test("ours where nothing is recorded, under autocast and in inference mode too", () => {
    tidy(() => {
      const [call, qkv] = [callOf(c), qkvOf(c)];
      expect(ran(() => talkingAttention(qkv, call))).toEqual(ours);
      expect(ran(() => autocast({}, () => talkingAttention(qkv, call)))).toEqual(ours);
      expect(ran(() => inferenceMode(() => talkingAttention(qkv, call)))).toEqual(ours);
      expect(ran(() => noGrad(() => talkingAttention(qkv.requiresGrad_(), call)))).toEqual(ours);
    });
  });

  test("libtorch's for a gradient, for dropout, for another dtype, for another device", () => {
    tidy(() => {
      const [call, qkv] = [callOf(c), qkvOf(c)];
      const leaf = qkvOf(c).requiresGrad_();
      expect(ran(() => grad([talkingAttention(leaf, call).sum()], [leaf]))).toEqual([]);
      expect(ran(() => talkingAttention(qkv, { ...call, dropout: new Dropout(0.5) }))).toEqual([]);
      const double = {
        ...call,
        before: new Linear(2, 2).to({ dtype: "float64" }),
        after: new Linear(2, 2).to({ dtype: "float64" }),
      };
      expect(ran(() => noGrad(() => talkingAttention(qkv.to({ dtype: "float64" }), double)))).toEqual([]);
      for (const layer of [double.before, double.after]) layer.to({ dtype: "float32", device: "meta" });
      const shapes = noGrad(() => talkingAttention(qkv.to({ device: "meta" }), double));
      expect(shapes.shape).toEqual([c.images, c.tokens, c.heads * c.width]);
      for (const layer of [double.before, double.after]) layer.dispose();
    });
  });
});

const square = (heads: number): [Tensor, Tensor] => [randn([heads, heads]), randn([heads])];
const refused: [what: string, run: () => Tensor, code: string, ...facts: (string | RegExp)[]][] = [
  ["no tokens' dimension", () => talkingHeads(randn([4, 12]), ...square(2), ...square(2)), "SHAPE", "[B, N, 3 H E]", "[4, 12]"],
  ["heads that do not divide", () => talkingHeads(randn([1, 4, 12]), ...square(3), ...square(3)), "SHAPE", "[1, 4, 12]", "3 heads"],
  ["two counts of heads", () => talkingHeads(randn([1, 4, 12]), ...square(2), ...square(4)), "SHAPE", "after", "2 heads", "[4, 4]"],
  ["more heads than are built for", () => talkingHeads(randn([1, 1, 195]), ...square(65), ...square(65)), "SHAPE", "1 to 64", "[65, 65]"],
  ["no token", () => talkingHeads(randn([1, 0, 12]), ...square(2), ...square(2)), "SHAPE", "[1, 0, 12]"],
  ["integers", () => talkingHeads(zeros([1, 1, 12], { dtype: "int64" }), ...square(2), ...square(2)), "DTYPE", "float32", "bfloat16", "Long"],
  ["a gradient", () => talkingHeads(randn([1, 1, 12]).requiresGrad_(), ...square(2), ...square(2)), "GRADIENT", "noGrad"],
]; // biome-ignore format: one row a mistake

test.each(refused)("refuses %s", (_, run, code, ...facts) =>
  tidy(() => {
    expect(run).toThrowCode(`ERR_TORCH_${code}`, /^talking_heads: /, ...facts);
  }),
);
