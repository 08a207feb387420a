/** A transformer's block as one operator of ours against the same by layers: shapes, kernels, weights that change, what it refuses. */

import { beforeEach, describe, expect, test } from "vitest";
import { DropPath, type EncoderBlockParts, fusedBlock, Linear } from "../../src/nn/index.js";
import {
  autocast,
  encoderBlock,
  full,
  hasMatrixUnit,
  manualSeed,
  memory,
  noGrad,
  randn,
  stack,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../../src/torch/index.js";
import { type Case, caits, composed, given, operator, plain, withBlock } from "./blocks.js";

/** The same numbers every time: of a block of one number the whole error is one cancellation's rounding, now and then beyond the bound. */
beforeEach(() => {
  manualSeed(0);
});

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

/** Largest difference of what was added to the stream, as a share of the largest that was. */
const errorOf = (actual: Tensor, expected: Tensor, x: Tensor): number =>
  tidy(() => actual.sub(expected).abs().max().div(expected.sub(x).abs().max()).item());

describe.each(cases)("%j", (c) => {
  test("is the block in float32, to bfloat16's precision", () => {
    withBlock(c, (x, parts) => {
      const expected = noGrad(() => composed(x, parts));
      const actual = operator(x, parts);
      expect(actual).toMatchObject({ dtype: "float32", shape: x.shape });
      expect(errorOf(actual, expected, x)).toBeLessThan(2 ** -5);
      expect(errorOf(operator(x, parts, { portable: true }), expected, x)).toBeLessThan(1e-5);
    });
  });
});

test("every image is by itself: alone or in a batch its numbers are the same", (context) => {
  if (!hasMatrixUnit())
    return context.skip("a property of the operator's kernel for AMX; libtorch sums a batch in another order");
  withBlock({ ...cases[2], images: 5 }, (x, parts) => {
    const together = operator(x, parts);
    for (let i = 0; i < 5; i++) expect(operator(x.narrow(0, i, 1), parts).toArray()).toEqual(together.narrow(0, i, 1).toArray());
  });
});

test("GELU is the error function's, tails included", () => {
  const dim = 32;
  withBlock({ ...cases[1], ...plain }, (_, parts) => {
    const { norm2, mlp, attn } = parts;
    for (const layer of [attn.proj, mlp.fc1, mlp.fc2]) for (const values of [layer.weight, layer.bias!]) values.zero_();
    norm2.weight.zero_();
    for (const from of [-120, -6, -3, -1, 0, 1, 3, 6]) {
      const values = Array.from({ length: dim }, (_, i) => from + i / 16);
      mlp.fc1.bias!.zero_();
      for (const [i, value] of values.entries()) mlp.fc1.bias!.select(0, i).fill_(value);
      for (let i = 0; i < dim; i++) mlp.fc2.weight.select(0, i).select(0, i).fill_(1);
      const expected = mlp.fc1.bias!.gelu();
      const error = operator(zeros([1, 1, dim]), parts)
        .reshape([dim])
        .sub(expected)
        .abs();
      const beyond = error.sub(expected.abs().mul(2 ** -8)).max();
      expect(beyond.item()).toBeLessThan(1e-5);
    }
  });
});

test("weights that were written to are read anew", () => {
  withBlock(cases[2], (x, parts) => {
    const before = operator(x, parts);
    parts.attn.qkv.weight.mul_(2);
    parts.mlp.fc2.weight.copy_(randn(parts.mlp.fc2.weight.shape));
    const [after, expected] = [operator(x, parts), noGrad(() => composed(x, parts))];
    expect(errorOf(after, expected, x)).toBeLessThan(2 ** -5);
    expect(errorOf(before, expected, x)).toBeGreaterThan(0.1);
  });
});

test("a NaN or an infinity of one image stays in it", () => {
  withBlock({ ...cases[2], images: 3 }, (x, parts) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      x.select(0, 1).select(0, 2).select(0, 0).fill_(value);
      const found = operator(x, parts).isnan().sum([1, 2]).toArray() as number[];
      expect([found[0], found[2]]).toEqual([0, 0]);
      expect(found[1]).toBeGreaterThan(0);
    }
  });
});

test("any layout, an empty batch, and nothing left behind", () => {
  const before = memory();
  withBlock(cases[4], (x, parts) => {
    const expected = operator(x, parts).toArray();
    expect(operator(x.transpose(0, 1).contiguous().transpose(0, 1), parts).toArray()).toEqual(expected);
    expect(operator(x.narrow(0, 0, 0), parts).shape).toEqual([0, ...x.shape.slice(1)]);
  });
  expect(memory()).toEqual(before);
});

test("takes the block's place under bfloat16 autocast, with nothing dropped within a branch; talking heads with nothing recorded", () => {
  withBlock(cases[1], (x, parts) => {
    const takes = (given: EncoderBlockParts = parts, stream = x): boolean =>
      autocast({}, () => fusedBlock(stream, given)) !== null;
    expect(takes()).toBe(hasMatrixUnit());
    expect(fusedBlock(x, parts)).toBe(null);
    expect(takes({ ...parts, drops: [{ isActive: true }] })).toBe(false);
    expect(takes({ ...parts, heads: 65 })).toBe(false);
    expect(takes(parts, x.to({ dtype: "bfloat16" }))).toBe(false);
    expect(takes(parts, x.to({ device: "meta" }))).toBe(false);
    parts.mlp.fc2.bias!.requiresGrad_();
    expect(takes()).toBe(hasMatrixUnit());
  });
  withBlock(cases[0], (x, parts) => {
    const takes = (): boolean => autocast({}, () => fusedBlock(x, parts)) !== null;
    parts.mlp.fc2.bias!.requiresGrad_();
    expect(takes()).toBe(false);
    expect(noGrad(takes)).toBe(hasMatrixUnit());
  });
});

test("a branch that stochastic depth drops adds nothing, and one that it keeps is scaled, image by image", () => {
  withBlock({ ...cases[2], ...plain, images: 5 }, (x, parts) => {
    const kept = tensor(new Float32Array([0, 2, 0, 1, 0, 0, 0, 3, 1, 2]), { shape: [2, 5] });
    const expected = composed(x, parts, kept);
    expect(errorOf(operator(x, parts, { kept }), expected, x)).toBeLessThan(2 ** -5);
    expect(errorOf(operator(x, parts, { kept, portable: true }), expected, x)).toBeLessThan(1e-5);
    expect(operator(x, parts, { kept }).select(0, 0).toArray()).toEqual(x.select(0, 0).toArray());
  });
});

test("stochastic depth draws from the stream what the layers would", () => {
  withBlock({ ...cases[1], images: 40 }, (x, parts) => {
    const dropped = { ...parts, dropPath: new DropPath(0.5) };
    manualSeed(3);
    const actual = autocast({}, () => fusedBlock(x, dropped));
    const next = randn([1]).item();
    manualSeed(3);
    const shares = [0, 1].map(() => dropped.dropPath.forward(full([40, 1], 1)).reshape([-1]));
    if (actual === null) return;
    expect(randn([1]).item()).toBe(next);
    expect(actual.toArray()).toEqual(operator(x, parts, { kept: stack(shares) }).toArray());
  });
});

describe.each([false, true])("refuses what does not fit together, portable: %s", (portable) => {
  type Given = ReturnType<typeof given>;
  const wide = [full([3, 3], 1), full([3], 1), full([3, 3], 1), full([3], 1)];
  const rows: [what: string, facts: (string | RegExp)[], change: (of: Given) => object][] = [
    ["heads that do not divide the channels", ["5 heads", "32"], () => ({ heads: 5 })],
    ["a stream of other channels", ["norm1", "[30]", "[32]"], () => ({ x: randn([1, 1, 30]) })],
    ["a stream of two extents", ["[B, N, D]", "[1, 32]"], () => ({ x: randn([1, 32]) })],
    ["a weight of another shape", ["qkv", "[96, 32]", "[96, 31]"], ({ weights }) => ({ weights: [randn([96, 31]), ...weights.slice(1)] })],
    ["a bias of another shape", ["fc2", "[32]", "[33]"], ({ biases }) => ({ biases: [...biases.slice(0, 3), randn([33])] })],
    ["a norm of another shape", ["norm2", "[32]", "[1]"], ({ norms }) => ({ norms: [...norms.slice(0, 3), randn([1])] })],
    ["an MLP whose layers differ", ["fc2", "[32, 32]", "[32, 7]"], ({ weights }) => ({ weights: [...weights.slice(0, 3), randn([32, 7])] })],
    ["a scale of another shape", ["scale", "[32]", "[1, 32]"], () => ({ scales: [randn([32]), randn([1, 32])] })],
    ["an exchange among other heads", ["exchange", "[2, 2]", "[3, 3]"], () => ({ talk: wide })],
    ["shares for other images", ["kept", "[2, 1]", "[2, 2]"], () => ({ kept: full([2, 2], 1) })],
  ]; // biome-ignore format: one row a mistake
  const call = (
    x: Tensor,
    heads: number,
    { norms, weights, biases, talk, scales, kept = null }: Given & { kept?: Tensor | null },
  ) => noGrad(() => encoderBlock(x, heads, norms, weights, biases, talk, scales, { kept, portable }));

  test.each(rows)("%s", (_, facts, change) => {
    withBlock(cases[1], (x, parts) => {
      const all = { x, heads: parts.heads, ...given(parts) };
      const run = () => call(x, parts.heads, all);
      expect(run).not.toThrow();
      const changed = { ...all, ...change(all) };
      expect(() => call(changed.x, changed.heads, changed)).toThrowCode("ERR_TORCH_SHAPE", /^encoder_block: /, ...facts);
    });
  });

  test("dtypes, and how many there are of each", () => {
    withBlock(cases[1], (x, parts) => {
      const all = given(parts);
      expect(() => call(x, parts.heads, { ...all, scales: [randn([32])] })).toThrowCode("ERR_TORCH_ARGUMENT", "scales");
      const whole = (of: Tensor): Tensor => of.to({ dtype: "int64" });
      expect(() => call(x.to({ dtype: "float64" }), parts.heads, all)).toThrowCode("ERR_TORCH_DTYPE", "x", "float32");
      const weights = [whole(all.weights[0]), ...all.weights.slice(1)];
      expect(() => call(x, parts.heads, { ...all, weights })).toThrowCode("ERR_TORCH_DTYPE", "qkv", "dtype", "Long");
    });
  });
});

test("talking heads have no gradient", () => {
  withBlock(cases[1], (x, parts) => {
    const exchange = [new Linear(2, 2), new Linear(2, 2)] as const;
    expect(() => operator(x, { ...parts, exchange })).toThrowCode("ERR_TORCH_GRADIENT", "noGrad");
    for (const layer of exchange) layer.dispose();
  });
});
