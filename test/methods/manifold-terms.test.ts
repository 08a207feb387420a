/** The manifold terms against the literal maps they stand for. */

import { describe, expect, test } from "vitest";
import { allPairsLoss, interLoss, intraLoss, manifold, type Reduction, randomLoss } from "../../src/methods/index.js";
import { normaliseTokens } from "../../src/nn/index.js";
import {
  autocast,
  type Generator,
  grad,
  manualSeed,
  noGrad,
  randn,
  randperm,
  type Tensor,
  tensor,
  tidy,
} from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { lesson } from "../support/toys.js";

const [B, N] = [5, 9];

/** ‖S Sᵀ − T Tᵀ‖² of unit tokens with the maps built and autograd left to find the gradient, in float64. */
function literal(student: Tensor, teacher: Tensor, maps: (x: Tensor) => Tensor, reduction: Reduction): Tensor {
  const [s, t] = [student, teacher].map((tokens) => maps(normaliseTokens(tokens)));
  const difference = s.matmul(s.transpose(-2, -1)).sub(t.matmul(t.transpose(-2, -1)));
  return reduction === "mean" ? difference.square().mean() : difference.square().sum().div(s.shape[0]);
}

const rows = [3, 0, 44, 17, 8];
type Loss = (s: Tensor, t: Tensor, reduction: Reduction) => Tensor;
type Maps = (tokens: Tensor) => Tensor;

const flat: Maps = (x) => x.reshape([1, -1, x.shape[2]]);
const terms: [string, Loss, Maps][] = [
  ["intra", intraLoss, (x) => x],
  ["inter", interLoss, (x) => x.transpose(0, 1)],
  [
    "random",
    (s, t, r) => randomLoss(s, t, tensor(rows, { dtype: "int64" }), r),
    (x) => flat(x).indexSelect(1, tensor(rows, { dtype: "int64" })),
  ],
  ["all pairs", allPairsLoss, flat],
];

const wholeMaps = terms.filter(([name]) => name !== "random");

const wide = (x: Tensor): Tensor => x.detach().to({ dtype: "float64" }).requiresGrad_();

/** The relative gaps between a term and its literal map: of the value, and of the gradient's largest entry. */
function gaps(loss: Loss, maps: Maps, s: Tensor, t: Tensor, reduction: Reduction = "mean"): { value: number; gradient: number } {
  return tidy(() => {
    const [found, twin] = [loss(s, t, reduction), wide(s)];
    const exact = literal(twin, wide(t), maps, reduction);
    const [gradient] = grad([found], [s]);
    const [expected] = grad([exact], [twin]);
    const gap = gradient!.to({ dtype: "float64" }).sub(expected!).abs().amax().item();
    return { value: Math.abs(found.item() / exact.item() - 1), gradient: gap / expected!.abs().amax().item() };
  });
}

onEachDevice((device) => {
  describe.each(terms)("%s", (_, loss, maps) => {
    test.each(["mean", "sum"] as const)("%s: value and gradient of the literal map", (reduction) =>
      tidy(() => {
        manualSeed(1);
        const [s, t] = [randn([B, N, 12]).requiresGrad_(), randn([B, N, 20])];
        const { value, gradient } = gaps(loss, maps, s, t, reduction);
        expect(value).toBeLessThan(1e-5);
        expect(gradient).toBeLessThan(1e-5);
      }),
    );

    test("is zero against itself, whatever the width of the copy", () =>
      tidy(() => {
        const s = randn([B, N, 12]);
        const padded = s.constantPadNd([0, 5]); // the same inner products in more dimensions
        expect(loss(s, padded, "mean").item()).toBeLessThan(1e-12 + 1e-7);
      }));
  });

  describe("both forms, in one piece and in several", () => {
    // [B, N], the student's and the teacher's width
    const shapes: [string, [number, number], number, number][] = [
      ["a few rows of many channels", [2, 5], 48, 64],
      ["many rows of few channels", [3, 70], 4, 6],
      ["maps in several pieces", [5, 300], 256, 256],
      ["rows in several pieces", [2, 1500], 100, 96],
      ["one picture", [1, 7], 5, 9],
      ["one patch", [7, 1], 5, 9],
      ["a wide teacher", [2, 20], 3, 90],
      ["a wide student", [2, 20], 90, 3],
    ];
    test.each(shapes)("%s", (_, [b, n], own, other) =>
      tidy(() => {
        manualSeed(4);
        const [s, t] = [randn([b, n, own]).requiresGrad_(), randn([b, n, other])];
        for (const [, loss, maps] of wholeMaps) {
          // a map of one entry is 1 − 1: nothing to compare but zeros
          if (maps(s).shape[1] === 1) expect(loss(s, t, "sum").item()).toBeLessThan(1e-10);
          else {
            const { value, gradient } = gaps(loss, maps, s, t);
            expect(value).toBeLessThan(2e-5);
            expect(gradient).toBeLessThan(2e-5);
          }
        }
      }),
    );

    test("tokens without their prefix, which lie apart, and a teacher in bfloat16", () =>
      tidy(() => {
        manualSeed(5);
        const [s, t] = [randn([3, 10, 8]).requiresGrad_(), randn([3, 10, 6])];
        const narrow = t.to({ dtype: "bfloat16" });
        const bare = (x: Tensor) => x.slice({ dim: 1, start: 1 });
        for (const [, loss, maps] of wholeMaps) {
          const { value, gradient } = gaps((a, b, r) => loss(bare(a), bare(b), r), (x) => maps(bare(x)), s, narrow); // biome-ignore format: one call
          expect(value).toBeLessThan(2e-5);
          expect(gradient).toBeLessThan(2e-5);
        }
      }));

    test("a token of zeros has the gradient that normalising in PyTorch gives it", () =>
      tidy(() => {
        manualSeed(6);
        const [s, t] = [randn([2, 4, 3]), randn([2, 4, 5])];
        noGrad(() => s.select(0, 0).select(0, 1).zero_());
        s.requiresGrad_();
        for (const [, loss, maps] of wholeMaps) {
          const { value, gradient } = gaps(loss, maps, s, t);
          expect(value).toBeLessThan(1e-5);
          expect(gradient).toBeLessThan(1e-5);
        }
      }));
  });

  test("the sums are the means times the size of the map", () =>
    tidy(() => {
      const [s, t] = [randn([B, N, 12]), randn([B, N, 20])];
      const ratio = (loss: typeof intraLoss) => loss(s, t, "sum").item() / loss(s, t, "mean").item();
      expect(ratio(intraLoss)).toBeCloseTo(N * N, 2);
      expect(ratio(interLoss)).toBeCloseTo(B * B, 3);
      expect(ratio(allPairsLoss)).toBeCloseTo(B * N * B * N, 0);
    }));

  test("the maps are float32 under autocast", () =>
    tidy(() => {
      manualSeed(2);
      const [s, t] = [randn([B, N, 12]), randn([B, N, 20])];
      const value = () => intraLoss(s, t);
      const narrow = autocast({ device, dtype: "bfloat16" }, value);
      expect(narrow.dtype).toBe("float32");
      expect(narrow.item()).toBe(value().item());
    }));

  test("all pairs stay exact where student and teacher nearly agree", () =>
    tidy(() => {
      manualSeed(3);
      const t = normaliseTokens(randn([8, 16, 24]));
      const s = t.add(randn([8, 16, 24]).mul(1e-2)).requiresGrad_();
      const { value, gradient } = gaps(allPairsLoss, flat, s, t);
      expect(value).toBeLessThan(1e-3); // three norms a thousand times as large cancel
      expect(gradient).toBeLessThan(1e-4);
    }));

  test("the sampled rows come from the method's own stream: the same stream, the same loss", () => {
    const method = manifold({ samples: 16, weights: { intra: 0, inter: 0 } });
    lesson(method, ({ terms, input }) => {
      const again = (generator: Generator) => method.loss({ ...input, generator }, null).random.item();
      const first = terms.random.item();
      expect(again(input.generator)).not.toBe(first);
      expect(again(input.generator.seed(5))).toBe(first);
    });
  });

  test("K rows of a small batch are all of it", () =>
    tidy(() => {
      const [s, t] = [randn([B, N, 12]), randn([B, N, 20])];
      expect(randomLoss(s, t, randperm(B * N)).item()).toBeCloseTo(allPairsLoss(s, t).item(), 5);
    }));
});
