/** Multiply-accumulates against what they are by hand. */

import { expect, test } from "vitest";
import {
  conv2d,
  einsum,
  encoderBlock,
  gramGap,
  linear,
  randn,
  selfAttention,
  type Tensor,
  talkingHeads,
  tallyMacs,
  tidy,
} from "../../src/torch/index.js";

test.each<[string, () => Tensor, number]>([
  ["linear", () => linear(randn([2, 7, 5]), randn([3, 5]), { bias: randn([3]) }), 2 * 7 * 5 * 3],
  ["matmul with a batch", () => randn([2, 3, 4, 5]).matmul(randn([2, 3, 5, 6])), 6 * 4 * 5 * 6],
  ["matmul of vectors", () => randn([5]).matmul(randn([5])), 5],
  ["mm", () => randn([4, 5]).mm(randn([5, 6])), 120],
  ["bmm", () => randn([2, 4, 5]).bmm(randn([2, 5, 6])), 240],
  ["addmm", () => randn([6]).addmm(randn([4, 5]), randn([5, 6])), 120],
  ["baddbmm", () => randn([2, 4, 6]).baddbmm(randn([2, 4, 5]), randn([2, 5, 6])), 240],
  ["conv2d, strided", () => conv2d(randn([2, 6, 8, 8]), randn([4, 6, 3, 3]), { stride: 2, padding: 1 }), 2 * 16 * 4 * 6 * 9],
  ["conv2d in groups", () => conv2d(randn([2, 6, 8, 8]), randn([4, 3, 3, 3]), { groups: 2, padding: 1 }), 2 * 64 * 4 * 3 * 9],
  ["einsum", () => einsum("...nd, ...md -> ...nm", [randn([2, 3, 4, 5]), randn([2, 3, 6, 5])]), 6 * 4 * 5 * 6],
  [
    "talking heads",
    () => talkingHeads(randn([2, 5, 18]), randn([3, 3]), randn([3]), randn([3, 3]), randn([3])),
    2 * (2 * 5 * 5 * 6 + 2 * 5 * 5 * 9),
  ],
  ["self-attention", () => selfAttention(randn([2, 5, 18]), 3), 2 * (2 * 5 * 5 * 6)],
  ["Gram gap", () => gramGap(randn([2, 5, 3]), randn([2, 5, 4]))[1], 2 * 5 * 5 * (3 + 3 + 4)],
  [
    "an encoder's block",
    () => {
      const [norms, biases] = [[6, 6, 6, 6].map((n) => randn([n])), [18, 6, 24, 6].map((n) => randn([n]))];
      const weights = [randn([18, 6]), randn([6, 6]), randn([24, 6]), randn([6, 24])];
      return encoderBlock(randn([2, 5, 6]), 3, norms, weights, biases, [], []);
    },
    2 * 5 * (12 * 6 * 6) + 2 * (2 * 5 * 5 * 6),
  ],
  ["einsum with no arrow", () => einsum("ij,jk", [randn([4, 5]), randn([5, 6])]), 120],
  [
    "elementwise operators",
    () =>
      randn([4, 5])
        .mul(randn([5]))
        .softmax(-1)
        .sum(),
    0,
  ],
])("%s", (_, run, expected) =>
  tidy(() => {
    expect(tallyMacs(run).macs).toBe(expected);
  }),
);

test("by operator, with what the function returns", () =>
  tidy(() => {
    const { result, macs, byOperator } = tallyMacs(() =>
      randn([4, 5])
        .mm(randn([5, 6]))
        .matmul(randn([6, 2])),
    );
    expect(result.shape).toEqual([4, 2]);
    expect(byOperator).toEqual({ "aten::mm": 120, "aten::matmul": 48 });
    expect(macs).toBe(168);
  }));
