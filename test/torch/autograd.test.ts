/** Gradients, the modes that operators run under, random streams, and the seam that listeners stand at. */

import { describe, expect, test } from "vitest";
import {
  autocast,
  backward,
  clearGrads,
  enableGrad,
  Generator,
  grad,
  gradsOf,
  hasOperator,
  inferenceMode,
  listen,
  manualSeed,
  memory,
  noGrad,
  type OperatorEvent,
  ones,
  randn,
  type Tensor,
  tensor,
  tidy,
  withGradient,
  zeros,
} from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const leaf = (values: number[]): Tensor => tensor(values, { dtype: "float64" }).requiresGrad_();
const scoped = (name: string, fn: () => void) => test(name, () => tidy(fn));
const records = () => leaf([1]).mul(2).requiresGrad;
const thrown = new Error("half-way");
const fail = (): never => {
  throw thrown;
};

onEachDevice((device) => {
  describe("gradients", () => {
    scoped("backward adds to the leaves until they are cleared", () => {
      const x = leaf([1, 2]);
      for (let i = 0; i < 2; i++) x.square().sum().backward();
      expect(x.grad?.toArray()).toEqual([4, 8]);
      clearGrads([x]);
      expect(x.grad).toBeNull();
    });

    scoped("what is no scalar needs a gradient of its own", () => {
      const x = leaf([1, 2]);
      expect(() => x.mul(3).backward()).toThrowCode("ERR_TORCH_GRADIENT", /^backward: /);
      x.mul(3).backward({ gradient: tensor([1, 10], { dtype: "float64" }) });
      expect(x.grad?.toArray()).toEqual([3, 30]);
    });

    scoped("several outputs at once, each with a gradient or none", () => {
      const x = leaf([1, 2]);
      backward([x.sum(), x.mul(2)], { gradients: [null, tensor([1, 5], { dtype: "float64" })] });
      expect(x.grad?.toArray()).toEqual([3, 11]);
      expect(() => backward([x.sum()], { gradients: [] })).toThrowCode("ERR_TORCH_ARGUMENT");
      expect(() => backward([x.sum()], { gradients: {} as never })).toThrow(
        expect.objectContaining({ name: expect.stringContaining("Error") }),
      );
    });

    scoped("a graph is walked once, unless it is retained", () => {
      const x = leaf([3]);
      const y = x.square().sum();
      y.backward({ retainGraph: true });
      y.backward();
      expect(x.grad?.item()).toBe(12);
      expect(() => y.backward()).toThrowCode("ERR_TORCH_GRADIENT", /^backward: /);
    });

    scoped("grad returns gradients, leaves none, and can be walked itself", () => {
      const x = leaf([2]);
      const [first] = grad([x.pow(3).sum()], [x], { createGraph: true });
      const [second] = grad([first!.sum()], [x]);
      expect([first!.item(), second!.item(), x.grad]).toEqual([12, 12, null]);
    });

    scoped("an input that was not used is null where that is allowed", () => {
      const [x, y] = [leaf([2]), leaf([1])];
      expect(grad([x.sum()], [y], { allowUnused: true })).toEqual([null]);
      expect(() => grad([x.sum()], [y])).toThrowCode("ERR_TORCH_GRADIENT", /^grad: /);
    });

    scoped("dropping every handle before backward is safe", () => {
      const x = leaf([1, 2]);
      const loss = tidy(() => x.exp().log().square().sum());
      loss.backward();
      expect(x.grad?.toArray()).toEqual([expect.closeTo(2, 12), expect.closeTo(4, 12)]);
    });

    scoped("grad can be set, to what fits", () => {
      const x = leaf([1, 2]);
      x.grad = tensor([5, 6], { dtype: "float64" });
      expect(gradsOf([x, leaf([1])]).map((g) => g?.toArray() ?? null)).toEqual([[5, 6], null]);
      const take = (gradient: Tensor) => () => {
        x.grad = gradient;
      };
      expect(take(zeros([3], { dtype: "float64" }))).toThrow(RangeError);
      expect(take(zeros([3], { dtype: "float64" }))).toThrowCode("ERR_TORCH_SHAPE", /\[3\].*\[2\]/);
      expect(take(zeros([2]))).toThrow(TypeError);
      x.grad = null;
      expect(x.grad).toBeNull();
    });

    test("grad is a handle to the same memory, freed like any other", () => {
      using x = leaf([1, 2]);
      using loss = x.sum();
      loss.backward();
      const { tensors } = memory();
      {
        using gradient = x.grad!;
        gradient.mul_(3);
      }
      expect(memory().tensors).toBe(tensors);
      expect(tidy(() => x.grad!.toArray())).toEqual([3, 3]);
    });

    scoped("requiresGrad of what was computed cannot be taken away", () => {
      expect(() => leaf([1]).mul(2).requiresGrad_(false)).toThrowCode("ERR_TORCH_GRADIENT");
    });

    scoped("withGradient has the value and the gradient that it is given", () => {
      const x = leaf([1, 2]);
      const features = x.mul(2);
      const loss = withGradient(features, tensor(7, { dtype: "float64" }), tensor([0.5, -1], { dtype: "float64" }));
      expect(loss.item()).toBe(7);
      loss.mul(3).backward();
      expect(x.grad?.toArray()).toEqual([3, -6]);
    });

    scoped("withGradient leaves a gradient alone that somebody still holds, or comes back for", () => {
      const x = leaf([1, 2]);
      const gradient = tensor([0.5, -1], { dtype: "float64" });
      const value = tensor(7, { dtype: "float64" });
      const held = withGradient(x, value, gradient);
      expect(grad([held.mul(3)], [x])[0]!.toArray()).toEqual([1.5, -3]);
      expect(gradient.toArray()).toEqual([0.5, -1]);

      const again = withGradient(x, value, gradient.clone()).mul(3);
      for (const retainGraph of [true, false]) expect(grad([again], [x], { retainGraph })[0]!.toArray()).toEqual([1.5, -3]);
    });

    scoped("withGradient refuses a second derivative, and a gradient of another shape", () => {
      const x = leaf([1, 2]);
      const value = tensor(7, { dtype: "float64" });
      const loss = withGradient(x, value, tensor([0.5, -1], { dtype: "float64" }));
      expect(() => grad([loss], [x], { createGraph: true })).toThrowCode("ERR_TORCH_GRADIENT", "createGraph");
      expect(() => withGradient(x, value, value)).toThrowCode("ERR_TORCH_SHAPE", /\[2\].*\[\]/);
    });
  });

  describe("modes", () => {
    const narrow = () => tidy(() => ones([2, 2]).matmul(ones([2, 2])).dtype);

    scoped("noGrad and enableGrad nest, and end with their function", () => {
      noGrad(() => {
        expect(records()).toBe(false);
        enableGrad(() => expect(records()).toBe(true));
        expect(records()).toBe(false);
      });
      expect(records()).toBe(true);
    });

    scoped("inferenceMode makes tensors that no gradient goes through", () => {
      const x = inferenceMode(() => inferenceMode(() => ones([1])).add(1));
      expect(records()).toBe(true);
      expect(() => x.requiresGrad_()).toThrowCode("ERR_TORCH_GRADIENT");
      expect(() => x.mul(leaf([1]))).toThrowCode("ERR_TORCH_GRADIENT");
      expect(x.clone().mul(leaf([1])).requiresGrad).toBe(true);
    });

    scoped("autocast narrows products inside, not after, and can be switched off inside", () => {
      autocast({ device }, () => {
        expect(narrow()).toBe("bfloat16");
        autocast({ device, enabled: false }, () => expect(narrow()).toBe("float32"));
        expect(narrow()).toBe("bfloat16");
      });
      expect(narrow()).toBe("float32");
    });

    scoped("autocast has the weight's gradient in the weight's dtype", () => {
      const weight = ones([2, 2]).requiresGrad_();
      autocast({ device }, () => ones([2, 2]).matmul(weight).sum()).backward();
      expect([weight.grad?.dtype, weight.grad?.toArray()]).toEqual(["float32", [[2, 2], [2, 2]]]); // biome-ignore format: a matrix
    });

    scoped("every mode is as it was after a throw", () => {
      for (const mode of [noGrad, inferenceMode, (fn: () => never) => autocast({ device }, fn)]) {
        expect(() => mode(fail)).toThrow(thrown);
        expect([records(), narrow()]).toEqual([true, "float32"]);
      }
      expect(() => noGrad(() => enableGrad(fail))).toThrow(thrown);
      expect(records()).toBe(true);
    });

    scoped("no mode lasts over an await", () => {
      const later = async () => {};
      expect(() => noGrad(later)).toThrowCode("ERR_TORCH_ARGUMENT", /^noGrad\b/);
      expect(() => enableGrad(later)).toThrowCode("ERR_TORCH_ARGUMENT", /^enableGrad\b/);
      expect(() => inferenceMode(later)).toThrowCode("ERR_TORCH_ARGUMENT", /^inferenceMode\b/);
      expect(() => autocast({ device }, later)).toThrowCode("ERR_TORCH_ARGUMENT", /^autocast\b/);
      expect([records(), narrow()]).toEqual([true, "float32"]);
    });

    scoped("an unknown dtype or device leaves autocast off", () => {
      expect(() => autocast({ device, dtype: "float9" as never }, fail)).toThrowCode("ERR_TORCH_ARGUMENT", '"float9"');
      expect(() => autocast({ device: "gpu" }, fail)).toThrowCode("ERR_TORCH_DEVICE", '"gpu"');
      expect(narrow()).toBe("float32");
    });
  });

  describe("random streams", () => {
    const seeded = (seed: number) => Generator.seeded(seed, { device });
    const draw = (generator?: Generator) => [...randn([40], { generator }).data()];

    scoped("the same seed gives the same numbers, another one others", () => {
      expect(draw(seeded(1))).toEqual(draw(seeded(1)));
      expect(draw(seeded(1))).not.toEqual(draw(seeded(2)));
      manualSeed(1);
      expect(draw()).toEqual(draw(seeded(1)));
    });

    scoped("a restored state goes on exactly where it was taken, in mid-stream", () => {
      using generator = seeded(5);
      draw(generator);
      randn([1], { generator }); // half of a pair of normals: the other half is part of the state
      const state = generator.state();
      const [ahead, one] = [draw(generator), randn([1], { generator }).item()];
      generator.restore(state);
      expect([draw(generator), randn([1], { generator }).item()]).toEqual([ahead, one]);
      expect(state.dtype).toBe("uint8");
      using other = seeded(0).restore(tensor(state.data(), { device: state.device }));
      expect(draw(other)).toEqual(ahead);
    });

    scoped("the default stream can be saved, restored and seeded", () => {
      using stream = Generator.default({ device });
      const state = stream.state();
      const numbers = draw();
      stream.restore(state);
      expect(draw()).toEqual(numbers);
      stream.seed(1);
      expect(draw()).toEqual(draw(seeded(1)));
    });

    scoped("a stream stands in for the default one, goes on by what was drawn, and leaves the default one as it was", () => {
      using stream = seeded(5);
      using twin = seeded(5);
      manualSeed(3);
      const ahead = [draw(), draw()];
      manualSeed(3);
      expect(draw()).toEqual(ahead[0]);
      expect(stream.asDefault(() => draw())).toEqual(draw(twin));
      expect(() =>
        stream.asDefault(() => {
          expect(draw()).toEqual(draw(twin));
          throw new Error("in the midst");
        }),
      ).toThrow("in the midst");
      expect(draw()).toEqual(ahead[1]);
      expect(draw(stream)).toEqual(draw(twin));
      expect(() => stream.asDefault(async () => {})).toThrowCode("ERR_TORCH_ARGUMENT", /^asDefault\b/);
    });

    scoped("streams are apart", () => {
      manualSeed(3);
      const alone = draw();
      manualSeed(3);
      draw(seeded(9));
      expect(draw()).toEqual(alone);
    });

    scoped("a freed generator is refused, freeing it twice frees nobody else's", () => {
      const generator = seeded(1);
      generator.dispose();
      using other = seeded(2);
      generator.dispose();
      expect(draw(other)).toEqual(draw(seeded(2)));
      expect(() => draw(generator)).toThrowCode("ERR_TORCH_FREED", /^normal_: /, "'generator'");
      expect(() => other.restore(ones([3], { device: "cpu" }))).toThrowCode("ERR_TORCH_DTYPE", "RNG");
      expect(() => other.restore(zeros([3], { dtype: "uint8", device: "cpu" }))).toThrowCode("ERR_TORCH_SHAPE");
    });
  });

  describe("listen", () => {
    scoped("sees each operator with its arguments and result until it is told to stop", () => {
      const seen: OperatorEvent[] = [];
      const x = ones([2]);
      const stop = listen((event) => seen.push(event));
      const y = x.add(x, { alpha: 3 });
      x.mul_(2);
      stop();
      x.exp();
      expect(seen.map(({ operator }) => operator)).toEqual(["aten::add.Tensor", "aten::mul_.Scalar"]);
      expect(seen[0]).toMatchObject({ names: ["self", "other", "alpha"], args: [x.handle, x.handle, 3], result: y.handle });
      expect(seen[0].milliseconds).toBeGreaterThanOrEqual(0);
    });

    scoped("a listener's own operators are not reported, not even to another listener", () => {
      const [first, second]: string[][] = [[], []];
      const x = ones([1]);
      const stops = [first, second].map((seen) =>
        listen(({ operator }) => {
          seen.push(operator);
          x.exp();
        }),
      );
      x.sin();
      stops[0]();
      x.cos();
      stops[1]();
      x.tanh();
      expect([first, second]).toEqual([["aten::sin"], ["aten::sin", "aten::cos"]]);
    });

    scoped("a listener that throws stops the program there, and keeps listening", () => {
      const x = ones([1]);
      let calls = 0;
      const stop = listen(() => {
        if (calls++ === 0) fail();
      });
      expect(() => x.exp()).toThrow(thrown);
      x.exp();
      stop();
      expect(calls).toBe(2);
    });

    test("hasOperator knows base names and overloads", () => {
      expect(["add.Tensor", "relu", "add.Nobody", "nobody"].map(hasOperator)).toEqual([true, true, false, false]);
    });
  });
});
