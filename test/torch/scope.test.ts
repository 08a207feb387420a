/** Who frees what: tidy, using, dispose, untracked, parameters. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memory, ones, Parameter, Tensor, tidy, untracked, zeros } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { collectGarbage } from "./garbage.js";

let before = 0;
beforeEach(() => {
  before = memory().tensors;
});
afterEach(() => expect(memory().tensors, "tensors left over by this test").toBe(before));
const live = () => memory().tensors - before;

onEachDevice(() => {
  describe("tidy", () => {
    test("frees what was made inside but what it returns", () => {
      using x = tidy(() => ones([2]).add(1).mul(3));
      expect(x.toArray()).toEqual([6, 6]);
      expect(live()).toBe(1);
    });

    test("keeps arrays, plain objects, Maps, Sets and holders, however nested", () => {
      const make = () => ones([1]);
      const kept = tidy(() => {
        make();
        const holder = { inner: make(), tensors: () => [holder.inner] };
        const bare = Object.assign(Object.create(null), { x: make() });
        return {
          list: [make(), [make()]],
          map: new Map([["a", make()]]),
          set: new Set([make()]),
          holder,
          bare,
          rest: [1, "a", null],
        };
      });
      expect(live()).toBe(6);
      const { list, map, set, holder, bare } = kept;
      for (const x of [list.flat(), ...map.values(), ...set, holder.inner, bare.x].flat()) (x as Tensor).dispose();
    });

    test("nests: what the inner one returns belongs to the outer one", () => {
      const result = tidy(() => {
        const inner = tidy(() => ones([2]).add(1));
        expect(live()).toBe(1);
        return inner.sum().item();
      });
      expect(result).toBe(4);
      expect(live()).toBe(0);
    });

    test("leaves alone what was made outside, returned or not", () => {
      using x = ones([1]);
      tidy(() => void x.add(1));
      expect(tidy(() => x)).toBe(x);
      expect(x.item()).toBe(1);
    });

    test("frees on throw, and the outer scope goes on", () => {
      tidy(() => {
        const mine = ones([1]);
        expect(() =>
          tidy(() => {
            ones([5]).add(1);
            throw new Error("half-way");
          }),
        ).toThrow("half-way");
        expect(live()).toBe(1);
        expect(mine.item()).toBe(1);
      });
    });

    test("refuses a promise, frees, and lets the promise fail in silence", async () => {
      const rejected = vi.fn();
      process.on("unhandledRejection", rejected);
      const asynchronous = async () => {
        const x = ones([1]);
        await null;
        x.add(1); // freed by now
      };
      expect(() => tidy(asynchronous)).toThrowCode("ERR_TORCH_ARGUMENT", /^tidy\b/);
      expect(live()).toBe(0);
      await new Promise(setImmediate);
      process.off("unhandledRejection", rejected);
      expect(rejected).not.toHaveBeenCalled();
    });

    test("what was disposed or taken over inside is not freed again", () => {
      const parameter = tidy(() => {
        ones([1]).dispose();
        return new Parameter(zeros([1]));
      });
      expect(parameter.item()).toBe(0);
      parameter.dispose();
    });

    test("untracked: lives on after the scope it was made in", () => {
      let x!: Tensor;
      tidy(() => {
        x = untracked(() => ones([1]));
        ones([1]);
      });
      expect(x.item()).toBe(1);
      x.dispose();
      expect(() => untracked(async () => {})).toThrowCode("ERR_TORCH_ARGUMENT", /^untracked\b/);
    });
  });

  describe("what no scope owns", () => {
    test("is freed once nobody holds it and the event loop turns", async () => {
      using kept = ones([1]);
      for (let i = 0; i < 100; i++) ones([10]);
      expect(live()).toBe(101);
      await collectGarbage();
      expect(live()).toBe(1);
      expect(kept.item()).toBe(1);
    });

    test("is left to a parameter that took it over, and to whoever has a disposed one's number", async () => {
      const parameter = new Parameter(ones([1]));
      ones([1]).dispose();
      const other = zeros([1]);
      await collectGarbage();
      expect([parameter.item(), other.item()]).toEqual([1, 0]);
      parameter.dispose();
      other.dispose();
    });
  });

  describe("one tensor", () => {
    test("using frees at the end of its block", () => {
      {
        using x = ones([1]);
        expect([x.item(), live()]).toEqual([1, 1]);
      }
      expect(live()).toBe(0);
    });

    test("dispose twice does nothing, not even to who has the number now", () => {
      const x = ones([1]);
      x.dispose();
      using other = zeros([1]);
      x.dispose();
      expect(other.item()).toBe(0);
    });

    test("use after free is an error that names the operator and its argument", () => {
      const x = ones([1]);
      using y = ones([1]);
      x.dispose();
      expect(() => x.softmax(-1)).toThrow(expect.objectContaining({ name: "Error" }));
      expect(() => x.softmax(-1)).toThrowCode("ERR_TORCH_FREED", /^softmax\.int: /, "'self'", /\btidy, using or dispose\b/);
      expect(() => y.matmul(x)).toThrowCode("ERR_TORCH_FREED", /^matmul: /, "'other'");
      expect(() => x.data()).toThrowCode("ERR_TORCH_FREED");
      expect(() => x.backward()).toThrowCode("ERR_TORCH_FREED");
    });

    test("a view keeps the memory that its whole gave up", () => {
      const whole = ones([4]);
      using view = whole.slice({ start: 1, end: 3 });
      whole.dispose();
      expect(view.toArray()).toEqual([1, 1]);
    });

    test("memory counts a storage once", () => {
      const { bytes } = memory();
      using whole = ones([100]);
      using view = whole.reshape([10, 10]);
      expect(memory().bytes - bytes).toBe(400);
      expect(view.numel).toBe(100);
    });
  });

  describe("Parameter", () => {
    test("takes over its tensor", () => {
      const data = ones([2]);
      using parameter = new Parameter(data);
      expect([parameter.requiresGrad, data.handle, live()]).toEqual([true, 0, 1]);
      expect(parameter).toBeInstanceOf(Tensor);
    });

    test("is a leaf, whatever its tensor was made from", () => {
      tidy(() => {
        const source = ones([2]).requiresGrad_();
        const parameter = new Parameter(source.mul(3));
        parameter.sum().backward();
        expect([parameter.grad?.toArray(), source.grad]).toEqual([[1, 1], null]);
      });
    });

    test("that cannot train leaves its tensor whole", () => {
      using whole = ones([2], { dtype: "int64" });
      expect(() => new Parameter(whole)).toThrowCode("ERR_TORCH_DTYPE");
      expect(whole.numel).toBe(2);
      using buffer = new Parameter(ones([1]), { requiresGrad: false });
      expect(buffer.requiresGrad).toBe(false);
    });
  });
});
