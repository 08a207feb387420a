/** Our own operator against its formula: values, gradients of any order, dtypes, layouts, autocast, what it refuses. */

import { describe, expect, test } from "vitest";
import { invoke, resolve, wrap } from "../../src/torch/dispatch.js";
import {
  autocast,
  type DType,
  grad,
  inferenceMode,
  involution,
  memory,
  ones,
  randint,
  randn,
  type Tensor,
  tidy,
} from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

interface Case {
  batch: number;
  groups: number;
  channels: number; // of a group
  map: number[];
  kernel: number[];
  stride: number;
  padding: number;
}

const positions = ({ map, kernel, stride, padding }: Case): number[] =>
  map.map((extent, i) => Math.floor((extent + 2 * padding - kernel[i]) / stride) + 1);
const inputShape = ({ batch, groups, channels, map }: Case): number[] => [batch, groups * channels, ...map];
const weightShape = (c: Case): number[] => [c.batch, c.groups, ...c.kernel, ...positions(c)];
const operands = (c: Case, dtype: DType): [Tensor, Tensor] => [randn(inputShape(c), { dtype }), randn(weightShape(c), { dtype })];
const ours = (x: Tensor, weight: Tensor, { stride, padding }: Case): Tensor => involution(x, weight, { stride, padding });

/** Sizes that fit: odd maps, oblong kernels, wide strides and paddings, rows longer and shorter than a vector. */
function drawn(seed: number): Case {
  let state = seed;
  const below = (count: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * count);
  };
  const padding = below(4);
  const kernel = [1 + below(7), 1 + below(7)];
  const map = kernel.map((side) => Math.max(1, side - 2 * padding) + below(19));
  return {
    batch: 1 + below(2),
    groups: 1 + below(3),
    channels: [1, 3, 8, 17][below(4)],
    map,
    kernel,
    stride: 1 + below(3),
    padding,
  };
}

const cases = Array.from({ length: 30 }, (_, seed) => drawn(seed));
const plain: Case = { batch: 2, groups: 2, channels: 16, map: [9, 7], kernel: [3, 3], stride: 1, padding: 1 };

const numbers = (t: Tensor): number[] => tidy(() => Array.from(t.to({ dtype: "float64" }).data() as Float64Array));

function expectClose(actual: Tensor, expected: Tensor | readonly number[], tolerance: number): void {
  const [left, right] = [numbers(actual), Array.isArray(expected) ? expected : numbers(expected as Tensor)];
  expect(left.length).toBe(right.length);
  const scale = Math.max(1, ...right.map(Math.abs));
  expect(Math.max(...left.map((value, i) => Math.abs(value - right[i]) / scale))).toBeLessThanOrEqual(tolerance);
}

/** y[b, c, i, j] = Σ over u, v of weight[b, group of c, u, v, i, j] · x[b, c, i s + u - p, j s + v - p], zero outside. */
function literal(x: Tensor, weight: Tensor, { stride, padding }: Case): number[] {
  const [[batch, channels, height, width], [, groups, tall, wide, h, w]] = [x.shape, weight.shape];
  const [from, by] = [numbers(x), numbers(weight)];
  const at = (plane: number, i: number, j: number): number =>
    i < 0 || j < 0 || i >= height || j >= width ? 0 : from[(plane * height + i) * width + j];
  return Array.from({ length: batch * channels * h * w }, (_, n) => {
    const [plane, i, j] = [Math.floor(n / (h * w)), Math.floor(n / w) % h, n % w];
    const group = Math.floor(plane / (channels / groups));
    let sum = 0;
    for (let u = 0; u < tall; u++)
      for (let v = 0; v < wide; v++)
        sum +=
          by[(((group * tall + u) * wide + v) * h + i) * w + j] * at(plane, i * stride + u - padding, j * stride + v - padding);
    return sum;
  });
}

/** The same by operators whose gradients are libtorch's. */
function unfolded(x: Tensor, weight: Tensor, { kernel, stride, padding, channels, batch, groups }: Case): Tensor {
  const [h, w] = weight.shape.slice(4);
  const taps = kernel[0] * kernel[1];
  const patches = x.im2col(kernel, 1, padding, stride).view([batch, groups, channels, taps, h, w]);
  return patches
    .mul(weight.reshape([batch, groups, 1, taps, h, w]))
    .sum([3])
    .view([batch, groups * channels, h, w]);
}

onEachDevice((device) => {
  test.each(cases)("is its formula: %j", (c) => {
    tidy(() => {
      const [x, weight] = operands(c, "float64");
      const expected = literal(x, weight, c);
      expectClose(ours(x, weight, c), expected, 1e-13);
      const narrow = ours(x.to({ dtype: "float32" }), weight.to({ dtype: "float32" }), c);
      expect(narrow).toMatchObject({ dtype: "float32", shape: [c.batch, c.groups * c.channels, ...positions(c)] });
      expectClose(narrow, expected, 1e-5);
    });
  });

  type Form = (x: Tensor, weight: Tensor, c: Case) => Tensor;

  /** The gradients of a loss that is not linear in the output, so that the second ones are of everything. */
  function gradients(form: Form, leaves: [Tensor, Tensor], c: Case, createGraph = false): Tensor[] {
    return grad(
      [
        form(...leaves, c)
          .pow(3)
          .sum(),
      ],
      leaves,
      { createGraph },
    ) as Tensor[];
  }

  test.each(cases)("has the gradients of its formula: %j", (c) => {
    tidy(() => {
      const leaves = operands(c, "float64").map((t) => t.requiresGrad_()) as [Tensor, Tensor];
      const expected = gradients(unfolded, leaves, c);
      for (const [i, gradient] of gradients(ours, leaves, c).entries()) {
        expect(gradient.shape).toEqual(leaves[i].shape);
        expectClose(gradient, expected[i], 1e-13);
      }
    });
  });

  test.each(cases.slice(0, 10))("and those of its gradients: %j", (c) => {
    tidy(() => {
      const leaves = operands(c, "float64").map((t) => t.requiresGrad_()) as [Tensor, Tensor];
      const second = (form: Form) => {
        const [byInput, byWeight] = gradients(form, leaves, c, true);
        return grad([byInput.square().sum().add(byWeight.pow(3).sum())], leaves) as Tensor[];
      };
      const expected = second(unfolded);
      for (const [i, gradient] of second(ours).entries()) expectClose(gradient, expected[i], 1e-12);
    });
  });

  test("a gradient for one operand alone", () => {
    tidy(() => {
      const [x, weight] = operands(plain, "float64");
      ours(x, weight.requiresGrad_(), plain).sum().backward();
      expect([x.grad, weight.grad?.shape]).toEqual([null, weight.shape]);
      const [y, constant] = operands(plain, "float64");
      ours(y.requiresGrad_(), constant, plain).sum().backward();
      expect([y.grad?.shape, constant.grad]).toEqual([y.shape, null]);
      expect(inferenceMode(() => ours(y, constant, plain).requiresGrad)).toBe(false);
    });
  });

  test("integers, and every device but the CPU, go tap by tap: the same three derivatives", () => {
    const derivative = resolve("vit_distill::involution_derivative", "", ["by", "first", "second", "sizes"]);
    for (const c of cases) {
      tidy(() => {
        const { batch, groups, channels, map, kernel, stride, padding } = c;
        const sizes = [batch, groups, channels, ...map, ...positions(c), ...kernel, stride, padding];
        const shapes = [[batch, groups, channels, ...positions(c)], [batch, groups, channels, ...map], weightShape(c)];
        const sides = shapes.map((shape) => randint(-9, 10, shape));
        for (const by of [0, 1, 2]) {
          const others = sides.filter((_, side) => side !== by);
          const run = (dtype: DType) =>
            wrap(invoke(derivative, by, ...others.map((side) => side.to({ dtype }).handle), sizes)) as Tensor;
          const whole = run("int64");
          expect(whole).toMatchObject({ dtype: "int64", shape: shapes[by] });
          expect(numbers(whole)).toEqual(numbers(run("float64")));
        }
      });
    }
  });

  describe("autocast", () => {
    test("casts both operands, as for a convolution; the gradients come back in float32", () => {
      tidy(() => {
        const [x, weight] = operands(plain, "float32").map((t) => t.requiresGrad_());
        const y = autocast({ device }, () => ours(x, weight.to({ dtype: "bfloat16" }), plain));
        expect(y.dtype).toBe("bfloat16");
        expectClose(y, ours(x, weight, plain), 2 ** -6);
        y.sum().backward();
        expect([x.grad!.dtype, weight.grad!.dtype]).toEqual(["float32", "float32"]);
      });
    });

    test("outside of it, two dtypes are refused", () => {
      tidy(() => {
        const [x, weight] = operands(plain, "float32");
        expect(() => ours(x, weight.to({ dtype: "bfloat16" }), plain)).toThrowCode(
          "ERR_TORCH_DTYPE",
          /^involution: .*\bFloat and BFloat16\b/,
        );
      });
    });
  });

  type Options = { stride?: number; padding?: number };
  const refused: [what: string, input: number[], weight: number[], options: Options, facts: RegExp][] = [
    ["an input without a batch", [16, 4, 4], [1, 1, 3, 3, 2, 2], {}, /input.*\[B, C, H, W\].*\[16, 4, 4\]/],
    ["flat kernels", [1, 16, 4, 4], [1, 9, 4, 4], { padding: 1 }, /weight.*\[B, G, K, K, h, w\].*\[1, 9, 4, 4\]/],
    ["two batch sizes", [2, 16, 4, 4], [1, 1, 3, 3, 2, 2], {}, /input.*\[2, 16, 4, 4\].*weight.*\[1, 1, 3, 3, 2, 2\]/],
    ["channels that do not divide", [1, 15, 4, 4], [1, 2, 3, 3, 2, 2], {}, /\b15 channels\b.*\b2 groups\b/],
    ["kernels for another map", [1, 16, 4, 4], [1, 1, 3, 3, 2, 2], { padding: 1 }, /\b4x4\b.*\b2x2\b/],
    ["a kernel larger than the map", [1, 16, 2, 2], [1, 1, 3, 3, 1, 1], {}, /\b3x3\b.*\[1, 16, 2, 2\]/],
    ["no kernel", [1, 16, 2, 2], [1, 1, 0, 3, 1, 1], {}, /weight.*\[1, 1, 0, 3, 1, 1\]/],
    ["a stride of 0", [1, 16, 4, 4], [1, 1, 3, 3, 2, 2], { stride: 0 }, /stride.*\b1\b.*\b32768\b.*\b0\b/],
    ["a negative padding", [1, 16, 4, 4], [1, 1, 3, 3, 2, 2], { padding: -1 }, /padding.*\b0\b.*\b32768\b.*-1\b/],
  ];

  test.each(refused)("refuses %s", (_, input, weight, options, facts) => {
    tidy(() => {
      const refusing = () => involution(ones(input), ones(weight), options);
      expect(refusing).toThrow(RangeError);
      expect(refusing).toThrowCode("ERR_TORCH_SHAPE", facts);
    });
  });
});

describe.each(["bfloat16", "float16"] as const)("%s", (dtype) => {
  test("is summed in float32 and rounded once, forward and backward", () => {
    tidy(() => {
      const narrow = operands(plain, dtype).map((t) => t.requiresGrad_()) as [Tensor, Tensor];
      const wide = narrow.map((t) => t.detach().to({ dtype: "float32" }).requiresGrad_()) as [Tensor, Tensor];
      const [y, expected] = [ours(...narrow, plain), ours(...wide, plain)];
      expect(y.data()).toEqual(expected.to({ dtype }).data());
      const seed = randn(y.shape).to({ dtype });
      y.mul(seed).sum().backward();
      expected.mul(seed).sum().backward();
      for (const [i, { grad: gradient }] of narrow.entries()) {
        expect(gradient!.data()).toEqual(wide[i].grad!.to({ dtype }).data());
      }
    });
  });
});

test("reads operands of any layout, and leaves nothing behind", () => {
  const before = memory();
  tidy(() => {
    const [x, weight] = operands(plain, "float32");
    const expected = numbers(ours(x, weight, plain));
    const turned = x.transpose(2, 3).contiguous().transpose(2, 3);
    const channelsLast = x.contiguous({ memoryFormat: "channelsLast" });
    const strided = weight.unsqueeze(-1).repeat([1, 1, 1, 1, 1, 1, 2]).select(-1, 1);
    for (const input of [turned, channelsLast]) expect(numbers(ours(input, strided, plain))).toEqual(expected);
  });
  expect(memory()).toEqual(before);
});

test("what lies outside the map counts as zero, whatever a group before it held there", () => {
  tidy(() => {
    const c = { ...plain, batch: 1, groups: 3, map: [4, 5] };
    const x = ones(inputShape(c));
    x.select(1, 0).fill_(Number.POSITIVE_INFINITY);
    expect(numbers(ours(x, ones(weightShape(c)), c).narrow(1, 16, 32)).every(Number.isFinite)).toBe(true);
  });
});

test("has its shapes on meta, without a value", () => {
  tidy(() => {
    const device = "meta";
    const [x, weight] = [inputShape(plain), weightShape(plain)].map((shape) => ones(shape, { device }).requiresGrad_());
    const y = ours(x, weight, plain);
    y.sum().backward();
    expect([y, x.grad, weight.grad].map((t) => t!.shape)).toEqual([inputShape(plain), x.shape, weight.shape]);
  });
});

test("an empty batch has an empty result", () => {
  using x = ones([0, 16, 4, 4]);
  using weight = ones([0, 1, 3, 3, 2, 2]);
  using y = involution(x, weight);
  expect(y.shape).toEqual([0, 16, 2, 2]);
});
