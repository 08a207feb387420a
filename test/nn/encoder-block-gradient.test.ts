/** The gradient of the transformer's block as one operator of ours: no further from float32's than that of the layers under autocast. */

import { beforeEach, describe, expect, test } from "vitest";
import type { EncoderBlockParts } from "../../src/nn/index.js";
import { autocast, backward, full, grad, manualSeed, noGrad, randn, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { type Case, caits, composed, given, operator, plain, withBlock } from "./blocks.js";

beforeEach(() => void manualSeed(0));

const third = { ...plain, scaled: true };

/** Whole tiles and parts of them, one of each, batches that do not divide among threads, DeiT-Tiny's sizes. */
const cases: Case[] = [
  { images: 1, tokens: 1, heads: 1, width: 1, hidden: 1, ...plain },
  { images: 1, tokens: 1, heads: 2, width: 16, hidden: 32, ...third },
  { images: 3, tokens: 17, heads: 3, width: 5, hidden: 37, ...third },
  { images: 5, tokens: 32, heads: 4, width: 32, hidden: 128, ...plain, biased: false },
  { images: 2, tokens: 33, heads: 5, width: 13, hidden: 200, ...third, biased: false },
  { images: 2, tokens: 50, heads: 2, width: 70, hidden: 500, ...plain },
  { images: 1, tokens: 300, heads: 1, width: 16, hidden: 48, ...third },
  { images: 3, tokens: 197, heads: 3, width: 64, hidden: 768, ...plain },
];

/** All that is learned, x first. */
function leavesOf(x: Tensor, parts: EncoderBlockParts): Tensor[] {
  const { norms, weights, biases, scales } = given(parts);
  return [x, ...norms, ...weights, ...biases.filter((bias) => bias !== null), ...scales];
}

/** The gradients of the outputs' products with `seed`. */
function gradientsOf(block: () => Tensor, leaves: readonly Tensor[], seed: Tensor): Tensor[] {
  for (const leaf of leaves) leaf.requiresGrad_();
  const found = grad([block()], leaves, { gradients: [seed] });
  for (const leaf of leaves) leaf.requiresGrad_(false);
  return found as Tensor[];
}

const norm = (x: Tensor): number => x.square().sum().sqrt().item();

/** The distance as a share of what is expected; a norm over one channel gives nothing but rounding. */
const errorOf = (actual: Tensor, expected: Tensor): number => norm(actual.sub(expected)) / Math.max(norm(expected), 1e-2);

function expectGradients(x: Tensor, parts: EncoderBlockParts, kept?: Tensor): void {
  const [leaves, seed] = [leavesOf(x, parts), randn(x.shape)];
  const expected = gradientsOf(() => composed(x, parts, kept), leaves, seed);
  const narrow = gradientsOf(() => autocast({}, () => composed(x, parts, kept)), leaves, seed);
  const ours = gradientsOf(() => operator(x, parts, { kept }), leaves, seed);
  const portable = gradientsOf(() => operator(x, parts, { kept, portable: true }), leaves, seed);
  for (const [i, leaf] of leaves.entries()) {
    expect(ours[i]).toMatchObject({ dtype: leaf.dtype, shape: leaf.shape });
    const allowed = 1.5 * errorOf(narrow[i], expected[i]) + 2 ** -9;
    expect(errorOf(ours[i], expected[i]), `leaf ${i} of shape ${leaf.shape}`).toBeLessThan(allowed);
    expect(errorOf(portable[i], expected[i])).toBeLessThan(1e-4);
  }
}

describe.each(cases)("%j", (c) => {
  test("is float32's, as near as autocast's", () => {
    withBlock(c, (x, parts) => expectGradients(x, parts));
  });

  test("with branches dropped and kept", () => {
    withBlock(c, (x, parts) => {
      const shares = Float32Array.from({ length: 2 * c.images }, (_, i) => [0, 2, 1.25][(i * 5) % 3]);
      expectGradients(x, parts, tensor(shares, { shape: [2, c.images] }));
    });
  });
});

test("rows of zeros, which normalise to the norm's bias", () => {
  withBlock(cases[3], (x, parts) => {
    x.select(1, 3).zero_();
    x.select(0, 2).zero_();
    expectGradients(x, parts);
  });
});

test("scores far apart", () => {
  withBlock(cases[3], (x, parts) => {
    parts.attn.qkv.weight.mul_(8);
    expectGradients(x, parts);
  });
});

test("goes to what asks for it alone", () => {
  withBlock(cases[2], (x, parts) => {
    const [leaves, seed] = [leavesOf(x, parts), randn(x.shape)];
    const all = gradientsOf(() => operator(x, parts), leaves, seed);
    for (const i of [0, 1, 5, 12]) {
      const [alone] = gradientsOf(() => operator(x, parts), [leaves[i]], seed);
      expect(alone.toArray()).toEqual(all[i].toArray());
    }
    leaves[5].requiresGrad_();
    leaves[7].requiresGrad_();
    backward([operator(x, parts)], { gradients: [seed] });
    expect(leaves.map((leaf, i) => (leaf.grad === null ? -1 : i)).filter((i) => i >= 0)).toEqual([5, 7]);
    expect(leaves[7].grad!.toArray()).toEqual(all[7].toArray());
  });
});

test("the same bits every time", () => {
  withBlock({ ...cases[3], images: 9 }, (x, parts) => {
    const [leaves, seed] = [leavesOf(x, parts), randn(x.shape)];
    const run = () => gradientsOf(() => operator(x, parts), leaves, seed).map((gradient) => gradient.toArray());
    const first = run();
    for (let i = 0; i < 3; i++) expect(run()).toEqual(first);
  });
});

test("a NaN of one image's gradient stays in it on its way to the input", () => {
  withBlock({ ...cases[2], images: 3 }, (x, parts) => {
    const seed = randn(x.shape);
    seed.select(0, 1).select(0, 2).select(0, 0).fill_(Number.NaN);
    const [found] = gradientsOf(() => operator(x, parts), [x], seed);
    const counts = found.isnan().sum([1, 2]).toArray() as number[];
    expect([counts[0], counts[2]]).toEqual([0, 0]);
    expect(counts[1]).toBeGreaterThan(0);
  });
});

test("any layout of what arrives, and an empty batch", () => {
  withBlock(cases[2], (x, parts) => {
    const [leaves, seed] = [leavesOf(x, parts), randn(x.shape)];
    const turned = seed.transpose(0, 1).contiguous().transpose(0, 1);
    const [a, b] = [seed, turned].map((given) => gradientsOf(() => operator(x, parts), leaves, given).map((g) => g.toArray()));
    expect(a).toEqual(b);
    const none = x.narrow(0, 0, 0).clone();
    const [of] = gradientsOf(() => operator(none, parts), [none], full(none.shape, 1));
    expect(of.shape).toEqual(none.shape);
  });
});

test("keeps its input alone between the passes", () => {
  withBlock({ ...cases[2], images: 16 }, (x, parts) => {
    x.requiresGrad_();
    tidy(() => {
      const output = operator(x, parts);
      noGrad(() => parts.mlp.fc2.weight.mul_(2));
      expect(() => output.sum().backward()).toThrowCode("ERR_TORCH_GRADIENT", "inplace");
    });
  });
});

test("refuses a second derivative and talking heads", () => {
  withBlock(cases[1], (x, parts) => {
    x.requiresGrad_();
    expect(() => grad([operator(x, parts).sum()], [x], { createGraph: true })).toThrowCode(
      "ERR_TORCH_GRADIENT",
      "encoder_block",
      "createGraph",
    );
  });
  withBlock({ ...cases[1], ...caits }, (x, parts) => {
    x.requiresGrad_();
    expect(() => operator(x, parts)).toThrowCode("ERR_TORCH_GRADIENT", "noGrad");
  });
});
