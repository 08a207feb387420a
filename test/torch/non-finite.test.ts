/** NaN and Inf traced to the operator that made them, forwards and on the way back. */

import { describe, expect, test } from "vitest";
import { cat, full, memory, ones, Tape, type Tensor, tensor, tidy, traceNonFinite, zeros } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const place = () => ({ layer: "", first: 0, count: 3 });
const sheet = (values: number[][]): Tensor => tensor(values);

function trace(sources: Record<string, Tensor>, fn: () => Tensor, layer = "") {
  const watch = { sources: Object.entries(sources), place: () => ({ ...place(), layer }) };
  const { result, originOf } = traceNonFinite(watch, fn);
  const origin = originOf(result);
  return { origin, operator: origin?.operator, rows: origin?.rows };
}

onEachDevice(() => {
  describe("forwards", () => {
    test("the first operator that makes them from finite numbers is named, not those that hand them on", () =>
      tidy(() => {
        const x = sheet([[1], [-1], [2]]);
        const { origin } = trace({ x }, () => x.add(0).log().mul(2).sum());
        expect(origin).toMatchObject({ source: null, operator: "aten::log", place: place(), rows: [1] });
        expect(origin?.inputs).toEqual([{ name: "self", dtype: "float32", shape: [3, 1], least: -1, most: 2, notFinite: 0 }]);
        expect(origin?.output).toMatchObject({ name: "output", notFinite: 1, least: 0, most: expect.closeTo(Math.LN2) });
        expect(origin?.line).toMatch(/non-finite\.test\.ts:\d+:\d+$/);
      }));

    test("an infinity that is meant blames nobody", () =>
      tidy(() => {
        const x = ones([3, 4]);
        expect(
          trace({ x }, () =>
            cat([x, full([3, 1], Number.NEGATIVE_INFINITY)], { dim: 1 })
              .softmax(-1)
              .sum(),
          ).origin,
        ).toBeUndefined();
      }));

    test("a source that is not finite itself is named with the first operator of a layer that computes with it", () =>
      tidy(() => {
        const x = sheet([[1], [2], [Number.NaN]]);
        const met = trace({ weight: ones([3, 1]), x }, () => x.reshape([3]).add(1).exp().mean(), "stem");
        expect(met.origin).toMatchObject({
          source: "x",
          operator: "aten::add.Scalar",
          rows: [2],
        });
      }));

    test("in place, the operator that broke a tensor is named, and one that mends it clears it", () =>
      tidy(() => {
        const [x, none] = [sheet([[1], [0], [2]]), zeros([3, 1])];
        expect(trace({}, () => x.mul(1).div_(none).add_(1))).toMatchObject({ operator: "aten::div_.Tensor", rows: [0, 1, 2] });
        expect(trace({}, () => x.log().fill_(0).sum()).origin).toBeUndefined();
      }));
  });

  describe("on the way back", () => {
    const blame = (fn: () => Tensor) => {
      using tape = new Tape(place);
      return tape.blame(tape.record(fn));
    };

    test("the operator through which the gradient breaks is named", () =>
      tidy(() => {
        const x = zeros([3, 2]).requiresGrad_();
        const origin = blame(() => x.mul(2).square().sum([1]).sqrt().mul(3).mean()); // √ has no slope at 0
        expect(origin).toMatchObject({
          operator: "backward of aten::sqrt",
          rows: [0, 1, 2],
          output: { name: "gradient of self", notFinite: 3 },
        });
        expect(origin?.inputs.map(({ name, notFinite }) => [name, notFinite])).toEqual([["self", 0], ["gradient of the output", 0]]); // biome-ignore format: two pairs
      }));

    test("of two operators that took a tensor, the one at fault", () =>
      tidy(() => {
        const x = zeros([3, 2]).requiresGrad_();
        expect(blame(() => x.sqrt().mean().add(x.exp().mean()))?.operator).toBe("backward of aten::sqrt");
        expect(blame(() => x.exp().mean().add(x.sqrt().mean()))?.operator).toBe("backward of aten::sqrt");
      }));

    test("a whole gradient blames nobody, and nothing is kept", () => {
      const before = memory().tensors;
      tidy(() => {
        const x = ones([3, 2]).requiresGrad_();
        expect(blame(() => x.log().exp().mean())).toBeUndefined();
      });
      expect(memory().tensors).toBe(before);
    });
  });
});
