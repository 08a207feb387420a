/** The manifold terms against the literal maps they stand for. */

import { describe, expect, test } from "vitest";
import { allPairsLoss, interLoss, intraLoss, manifold, type Reduction, randomLoss, unitTokens } from "../../src/methods/index.js";
import { autocast, type Generator, grad, manualSeed, randn, randperm, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { lesson } from "./toys.js";

const [B, N] = [5, 9];

/** ‖S Sᵀ − T Tᵀ‖² with the maps built and autograd left to find the gradient, in float64. */
function literal(s: Tensor, t: Tensor, reduction: Reduction): Tensor {
  const difference = s.matmul(s.transpose(-2, -1)).sub(t.matmul(t.transpose(-2, -1)));
  return reduction === "mean" ? difference.square().mean() : difference.square().sum().div(s.shape[0]);
}

const rows = [3, 0, 44, 17, 8];
const shapes: [string, (s: Tensor, t: Tensor, reduction: Reduction) => Tensor, (x: Tensor) => Tensor][] = [
  ["intra", intraLoss, (x) => x],
  ["inter", interLoss, (x) => x.transpose(0, 1)],
  [
    "random",
    (s, t, r) => randomLoss(s, t, tensor(rows, { dtype: "int64" }), r),
    (x) =>
      x
        .reshape([B * N, -1])
        .indexSelect(0, tensor(rows, { dtype: "int64" }))
        .unsqueeze(0),
  ],
  ["all pairs", allPairsLoss, (x) => x.reshape([1, B * N, -1])],
];

const wide = (x: Tensor): Tensor => x.detach().to({ dtype: "float64" }).requiresGrad_();

describe.each(shapes)("%s", (_, loss, maps) => {
  test.each(["mean", "sum"] as const)("%s: value and gradient of the literal map", (reduction) =>
    tidy(() => {
      manualSeed(1);
      const s = unitTokens(randn([B, N, 12])).requiresGrad_();
      const t = unitTokens(randn([B, N, 20]));
      const [exact, found] = [literal(maps(wide(s)), maps(wide(t)), reduction), loss(s, t, reduction)];
      expect(found.item()).toBeCloseTo(exact.item(), 4);
      expect(Math.abs(found.item() / exact.item() - 1)).toBeLessThan(1e-5);

      const twin = wide(s);
      const [expected] = grad([literal(maps(twin), maps(wide(t)), reduction)], [twin]);
      const [gradient] = grad([found], [s]);
      const gap = gradient!.to({ dtype: "float64" }).sub(expected!).abs().amax().item();
      expect(gap / expected!.abs().amax().item()).toBeLessThan(1e-5);
    }),
  );

  test("is zero against itself, whatever the width of the copy", () =>
    tidy(() => {
      const s = unitTokens(randn([B, N, 12]));
      const padded = s.constantPadNd([0, 5]); // the same inner products in more dimensions
      expect(loss(s, padded, "mean").item()).toBeLessThan(1e-12 + 1e-7);
    }));
});

test("the sums are the means times the size of the map", () =>
  tidy(() => {
    const [s, t] = [unitTokens(randn([B, N, 12])), unitTokens(randn([B, N, 20]))];
    const ratio = (loss: typeof intraLoss) => loss(s, t, "sum").item() / loss(s, t, "mean").item();
    expect(ratio(intraLoss)).toBeCloseTo(N * N, 2);
    expect(ratio(interLoss)).toBeCloseTo(B * B, 3);
    expect(ratio(allPairsLoss)).toBeCloseTo(B * N * B * N, 0);
  }));

test("the maps are float32 under autocast", () =>
  tidy(() => {
    manualSeed(2);
    const [s, t] = [randn([B, N, 12]), randn([B, N, 20])];
    const value = () => intraLoss(unitTokens(s), unitTokens(t));
    const narrow = autocast({ dtype: "bfloat16" }, value);
    expect(narrow.dtype).toBe("float32");
    expect(narrow.item()).toBe(value().item());
  }));

test("all pairs stay exact where student and teacher nearly agree", () =>
  tidy(() => {
    manualSeed(3);
    const t = unitTokens(randn([8, 16, 24]));
    const s = unitTokens(t.add(randn([8, 16, 24]).mul(1e-2)));
    const flat = (x: Tensor) => wide(x).reshape([1, 128, 24]);
    const exact = literal(flat(s), flat(t), "mean").item();
    expect(Math.abs(allPairsLoss(s, t).item() / exact - 1)).toBeLessThan(1e-2); // three terms 10,000 times as large cancel
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
    const [s, t] = [unitTokens(randn([B, N, 12])), unitTokens(randn([B, N, 20]))];
    expect(randomLoss(s, t, randperm(B * N)).item()).toBeCloseTo(allPairsLoss(s, t).item(), 5);
  }));
