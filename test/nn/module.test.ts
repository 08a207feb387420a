/** A module's state is its fields: keys, order, modes, loading, moving. */

import { describe, expect, test } from "vitest";
import { BatchNorm2d, Conv2d, Dropout, Identity, Linear, Module, Sequential } from "../../src/nn/index.js";
import { memory, ones, Parameter, tidy, zeros } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

class Net extends Module {
  readonly patchEmbed = new Sequential(new Conv2d(1, 2, 3, { bias: false }), new BatchNorm2d(2));
  readonly blocks = [new Linear(2, 2), new Linear(2, 2, { bias: false })];
  readonly headDist: Linear | null = null;
  readonly gamma_1 = new Parameter(ones([2]));
  readonly runningCost = zeros([1]);
  readonly posEmbed = new Parameter(zeros([1, 4, 2]));
  readonly #cache = [1, 2];
  readonly width = this.#cache.length;
}

const keys = [
  "gamma_1",
  "pos_embed",
  "running_cost",
  "patch_embed.0.weight",
  "patch_embed.1.weight",
  "patch_embed.1.bias",
  "patch_embed.1.running_mean",
  "patch_embed.1.running_var",
  "patch_embed.1.num_batches_tracked",
  "blocks.0.weight",
  "blocks.0.bias",
  "blocks.1.weight",
];
const buffers = keys.filter((key) => /running|tracked/.test(key));

onEachDevice((device) => {
  describe("walking", () => {
    test("keys come in PyTorch's order: parameters, buffers, children", () => {
      using net = new Net();
      expect([...net.stateDict().keys()]).toEqual(keys);
      expect(net.namedBuffers().map(([name]) => name)).toEqual(buffers);
      expect(net.namedParameters().map(([name]) => name)).toEqual(keys.filter((key) => !buffers.includes(key)));
      expect(net.parameterCount()).toBe(2 + 8 + 18 + 4 + 6 + 4);
    });

    test("a parameter that two fields share is one parameter", () => {
      class Tied extends Module {
        readonly first = new Linear(2, 2, { bias: false });
        readonly second = this.first;
      }
      using tied = new Tied();
      expect([...tied.stateDict().keys()]).toEqual(["first.weight", "second.weight"]);
      expect(tied.namedParameters().map(([name]) => name)).toEqual(["first.weight"]);
    });

    test("train and eval reach every module", () => {
      using net = new Sequential(new Dropout(0.1), new Sequential(new Identity()));
      expect(
        net
          .eval()
          .modules()
          .map(({ training }) => training),
      ).toEqual([false, false, false, false]);
      expect(
        net
          .train()
          .modules()
          .every(({ training }) => training),
      ).toBe(true);
    });

    test("requiresGrad_ freezes parameters, and dispose frees everything", () => {
      const before = memory().tensors;
      const net = new Net();
      expect(
        net
          .requiresGrad_(false)
          .parameters()
          .some(({ requiresGrad }) => requiresGrad),
      ).toBe(false);
      net.dispose();
      expect(memory().tensors).toBe(before);
    });

    test("a module made in a tidy survives by being returned", () => {
      using net = tidy(() => {
        ones([3]);
        return new Net();
      });
      expect(net.gamma_1.toArray()).toEqual([1, 1]);
    });
  });

  describe("loading", () => {
    test("copies into the parameters that are there", () => {
      using source = new Net();
      using target = new Net();
      const { weight } = target.blocks[0];
      expect(target.loadStateDict(source.stateDict())).toEqual({ missing: [], unexpected: [] });
      expect(target.blocks[0].weight).toBe(weight);
      expect(weight.toArray()).toEqual(source.blocks[0].weight.toArray());
      expect(weight.requiresGrad).toBe(true);
    });

    test("tells every difference in one error, and copies nothing", () => {
      using net = new Net();
      using odd = ones([3, 2]);
      const state = net.stateDict();
      state.delete("gamma_1");
      state.set("head.weight", odd).set("blocks.0.weight", odd);
      const before = net.blocks[1].weight.toArray();
      expect(() => net.loadStateDict(state)).toThrowCode(
        "ERR_WEIGHTS_MISMATCH",
        /\b1\b.*\n\s+gamma_1\n.*\b1\b.*\n\s+head\.weight\n.*\b1\b.*\n\s+blocks\.0\.weight\b.*\[3, 2\].*\[2, 2\]$/,
      );
      expect(net.blocks[1].weight.toArray()).toEqual(before);
    });

    test("without strictness keys may differ, shapes may not", () => {
      using net = new Net();
      using odd = ones([3, 2]);
      expect(net.loadStateDict(new Map([["head.weight", odd]]), { strict: false })).toEqual({
        missing: keys,
        unexpected: ["head.weight"],
      });
      expect(() => net.loadStateDict(new Map([["blocks.0.weight", odd]]), { strict: false })).toThrowCode(
        "ERR_WEIGHTS_MISMATCH",
        /blocks\.0\.weight.*\[3, 2\].*\[2, 2\]/,
      );
    });
  });

  describe("moving", () => {
    test("changes floats in place of the old tensors, and integers not at all", () => {
      using net = new Net();
      net.posEmbed.requiresGrad_(false);
      const before = memory().tensors;
      net.to({ dtype: "float64" });
      const dtypes = [...net.stateDict()].map(([key, { dtype }]) => [key, dtype]);
      expect(dtypes).toEqual(keys.map((key) => [key, key.endsWith("tracked") ? "int64" : "float64"]));
      expect([net.gamma_1.requiresGrad, net.posEmbed.requiresGrad]).toEqual([true, false]);
      expect(memory().tensors).toBe(before);
    });

    test("to where it is asked for", () => {
      using net = new Net();
      for (const there of ["cpu", device]) {
        net.to({ device: there });
        expect(new Set([...net.stateDict().values()].map((tensor) => tensor.device))).toEqual(new Set([there]));
      }
    });

    test("keeps the tensors that are right already", () => {
      using net = new Net();
      const { gamma_1 } = net;
      expect(net.to({ dtype: "float32", device }).gamma_1).toBe(gamma_1);
    });
  });
});
