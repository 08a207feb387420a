/** A transformer's block as one operator of ours against the same by layers: shapes, kernels, weights that change, what it refuses. */

import { beforeEach, describe, expect, test } from "vitest";
import { DropPath, type EncoderBlockParts, fusedBlock, Linear } from "../../src/nn/index.js";
import {
  autocast,
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
import { type Case, caits, composed, operator, plain, withBlock } from "./blocks.js";

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

test("every image is by itself: alone or in a batch its numbers are the same", () => {
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

test("refuses what does not fit together", () => {
  withBlock(cases[1], (x, parts) => {
    const run =
      (more: Partial<EncoderBlockParts>, stream = x) =>
      () =>
        operator(stream, { ...parts, ...more });
    expect(run({ heads: 5 })).toThrow(/does not divide into 5 heads/);
    expect(run({}, randn([1, 1, 30]))).toThrow(/must have the shape|must be of/);
    expect(run({}, x.to({ dtype: "float64" }))).toThrow(/x must be float32/);
    expect(run({ scales: [full([32], 1)] })).toThrow(/scales must be none or two/);
    expect(() => operator(x, parts, { kept: full([2, 2], 1) })).toThrow(/kept must have the shape \[2, 1\]/);
    const exchange = [new Linear(2, 2), new Linear(2, 2)] as const;
    expect(run({ exchange })).toThrow(/with talking heads it has no gradient/);
    for (const layer of exchange) layer.dispose();
  });
});
