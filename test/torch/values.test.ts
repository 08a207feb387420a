/** Values go into libtorch and come back as they were: every dtype, every shape, copied or shared. */

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  arange,
  type DType,
  empty,
  eye,
  full,
  linspace,
  memory,
  type Nested,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type TypedArray,
  tensor,
  tidy,
  withDevice,
  zeros,
} from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { collectGarbage } from "./garbage.js";

const bits: Record<string, TypedArray> = {
  float32: Float32Array.of(1.5, -0, Number.POSITIVE_INFINITY, 1e-45),
  float64: Float64Array.of(Math.PI, -0, 5e-324),
  float16: Uint16Array.of(0x3c00, 0xc100, 0x7bff, 0x0001),
  bfloat16: Uint16Array.of(0x3f80, 0xc020, 0x7f80, 0x0001),
  int64: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n),
  int32: Int32Array.of(2 ** 31 - 1, -(2 ** 31)),
  int16: Int16Array.of(32767, -32768),
  int8: Int8Array.of(127, -128),
  uint8: Uint8Array.of(0, 255),
};

onEachDevice((device) => {
  describe("round trips", () => {
    test.each(Object.entries(bits))("%s keeps its bits, copied and shared", (dtype, data) => {
      for (const share of [false, true]) {
        using x = tensor(data, { dtype: dtype as DType, share });
        expect(x.dtype).toBe(dtype);
        expect(x.data()).toEqual(data);
      }
    });

    test("float16 and bfloat16 are rounded from numbers, and read as numbers", () => {
      using half = tensor([1, -2.5, 65504, 2 ** -24], { dtype: "float16" });
      expect(half.data()).toEqual(bits.float16);
      expect(half.toArray()).toEqual([1, -2.5, 65504, 2 ** -24]);
      using brain = tensor([1, -2.5, Number.POSITIVE_INFINITY], { dtype: "bfloat16" });
      expect(brain.data()).toEqual(bits.bfloat16.slice(0, 3));
      expect(brain.toArray()).toEqual([1, -2.5, Number.POSITIVE_INFINITY]);
    });

    test("int64 is exact in data(), rounded in item() and toArray()", () => {
      const large = 2n ** 53n + 1n;
      using x = tensor([large]);
      expect(x.dtype).toBe("int64");
      expect(x.data()).toEqual(BigInt64Array.of(large));
      expect(x.item()).toBe(2 ** 53);
      expect(x.toArray()).toEqual([2 ** 53]);
    });

    test("bool is true for everything but zero, whatever it is made from", () => {
      using nested = tensor([true, false]);
      expect([nested.dtype, nested.data()]).toEqual(["bool", Uint8Array.of(1, 0)]);
      using numbers = tensor([0.5, 0, Number.NaN], { dtype: "bool" });
      expect(numbers.data()).toEqual(Uint8Array.of(1, 0, 1));
      using bytes = tensor(Uint8Array.of(2, 0, 255), { dtype: "bool", share: true });
      expect(bytes.data()).toEqual(Uint8Array.of(1, 0, 1));
      using one = tensor(true);
      expect(one.item()).toBe(1);
    });

    test.each<[Nested, DType]>([
      [[1.5], "int32"],
      [[Number.NaN], "int8"],
      [[300], "uint8"],
      [[-1], "uint8"],
      [[1, 2.5], "int64"],
      [[Number.POSITIVE_INFINITY], "int64"],
    ])("%s is not taken for %s", (data, dtype) => {
      expect(() => tensor(data, { dtype })).toThrow(RangeError);
      expect(() => tensor(data, { dtype })).toThrowCode("ERR_TORCH_DTYPE", `${(data as number[]).at(-1)}`, dtype);
    });

    test("a typed array of no dtype is refused", () => {
      for (const data of [Uint32Array.of(1), BigUint64Array.of(1n), new DataView(new ArrayBuffer(4))])
        expect(() => tensor(data as never)).toThrowCode("ERR_TORCH_DTYPE", data.constructor.name);
      expect(() => tensor(Uint16Array.of(1))).toThrowCode("ERR_TORCH_DTYPE", /\bfloat16\b/, "bfloat16");
      expect(() => tensor(Uint16Array.of(1), { dtype: "int16" })).toThrowCode("ERR_TORCH_DTYPE", /\bfloat16\b/, "bfloat16");
    });
  });

  describe("shapes", () => {
    test.each<[Nested, number[]]>([
      [7, []],
      [[], [0]],
      [
        [[], []],
        [2, 0],
      ],
      [[[1, 2, 3]], [1, 3]],
      [[[[1], [2]]], [1, 2, 1]],
    ])("%j has shape %j and comes back nested", (data, shape) => {
      using x = tensor(data);
      expect(x.shape).toEqual(shape);
      expect([x.dim, x.numel]).toEqual([shape.length, shape.reduce((a, b) => a * b, 1)]);
      expect(x.toArray()).toEqual(data);
    });

    test.each<[Nested]>([[[[1], [2, 3]]], [[1, [2]]], [[[1], 2]], [[[], [1]]], [[[[]], []]]])("ragged %j is refused", (data) =>
      expect(() => tensor(data)).toThrowCode("ERR_TORCH_SHAPE", /\d$/),
    );

    test.each([undefined, null, "1", {}, [undefined], [[1, "x"]]])("%j is no number", (data) =>
      expect(() => tensor(data as never)).toThrowCode("ERR_TORCH_ARGUMENT", "number", "boolean", "bigint"),
    );

    test("the shape of a typed array must fit its bytes", () => {
      using x = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
      expect(x.toArray()).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      expect(() => tensor(Float32Array.of(1, 2), { shape: [3] })).toThrowCode("ERR_TORCH_SHAPE", 12, 8);
      expect(() => tensor(Float32Array.of(1, 2), { shape: [-2] })).toThrowCode("ERR_TORCH_ARGUMENT");
      expect(() => tensor(Float32Array.of(1, 2), { shape: [2 ** 40, 2 ** 40] })).toThrowCode("ERR_TORCH_ARGUMENT");
    });

    test("no elements: from a buffer and back, whatever the other extents", () => {
      using x = tensor(new Float32Array(0), { shape: [0, 3], share: true });
      expect(x.toArray()).toEqual([]);
      expect(x.data()).toEqual(new Float32Array(0));
      using sum = x.sum([0]);
      expect(sum.toArray()).toEqual([0, 0, 0]);
    });

    test("size counts from the end too", () => {
      using x = zeros([2, 3]);
      expect([x.size(0), x.size(-1)]).toEqual([2, 3]);
      expect(() => x.size(2)).toThrowCode("ERR_TORCH_SHAPE", /\b2\b.*\b2\b/);
    });

    test("data() is in row-major order whatever the strides", () => {
      const data = tidy(() => tensor([[1, 2], [3, 4]]).transpose(0, 1).data()); // biome-ignore format: a matrix
      expect(data).toEqual(Float32Array.of(1, 3, 2, 4));
    });
  });

  describe("filled tensors", () => {
    test("are float32 unless told, whatever the number", () => {
      tidy(() => {
        const made = [empty([1]), zeros([1]), ones([1]), full([1], 1), eye(1), linspace(0, 1, 2), rand([1]), randn([1])];
        expect(made.map((x) => x.dtype)).toEqual(made.map(() => "float32"));
        expect(made.map((x) => x.device)).toEqual(made.map(() => device));
        expect(full([2], 1, { dtype: "int64" }).data()).toEqual(BigInt64Array.of(1n, 1n));
      });
    });

    test("counting makes int64", () => {
      tidy(() => {
        expect(arange(1, 7, { step: 2 }).data()).toEqual(BigInt64Array.of(1n, 3n, 5n));
        expect([randint(0, 3, [2]).dtype, randperm(3).dtype]).toEqual(["int64", "int64"]);
      });
    });

    test("what libtorch refuses to fill leaves nothing behind", () => {
      const { tensors } = memory();
      expect(() => tensor([1], { device: "cuda:99" })).toThrowCode("ERR_TORCH_DEVICE");
      expect(memory().tensors).toBe(tensors);
    });
  });

  describe("numbers as scalars", () => {
    test("whole ones keep the integer dtype, others promote", () => {
      tidy(() => {
        const x = tensor([1n, 2n]);
        expect([x.add(1).dtype, x.add(0.5).dtype]).toEqual(["int64", "float32"]);
      });
    });

    test("minus zero, NaN and the infinities arrive as they are", () => {
      tidy(() => {
        expect(ones([1]).fill_(-0).data()).toEqual(Float32Array.of(-0));
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
          expect(ones([1]).fill_(value).item()).toBe(value);
      });
    });
  });
});

describe("share", () => {
  test("reads and writes the array's own memory", () => {
    const data = Float32Array.of(1, 2, 3);
    using x = tensor(data, { share: true });
    data[0] = 10;
    x.slice({ start: 2 }).fill_(-1).dispose();
    expect([...data]).toEqual([10, 2, -1]);
    expect(x.toArray()).toEqual([10, 2, -1]);
  });

  test("a copy is apart", () => {
    const data = Float32Array.of(1, 2, 3);
    using x = tensor(data);
    data[0] = 10;
    expect(x.toArray()).toEqual([1, 2, 3]);
  });

  test("from the middle of a buffer, and of one that workers share", () => {
    using middle = tensor(new Float32Array(Float32Array.of(1, 2, 3).buffer, 4), { share: true });
    expect(middle.toArray()).toEqual([2, 3]);
    const common = new Float32Array(new SharedArrayBuffer(8));
    using shared = tensor(common, { share: true });
    common[1] = 5;
    expect(shared.toArray()).toEqual([0, 5]);
  });

  test("keeps the buffer for as long as a view of it lives, and no longer", async () => {
    const share = () => {
      const data = Float32Array.from({ length: 1000 }, (_, i) => i);
      using whole = tensor(data, { share: true });
      return { view: whole.slice({ start: 990 }), buffer: new WeakRef(data.buffer) };
    };
    const { view, buffer } = share();
    await collectGarbage();
    expect(buffer.deref()).toBeDefined();
    expect(view.toArray()).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
    view.dispose();
    await collectGarbage();
    expect(buffer.deref()).toBeUndefined();
  });
});

test("withDevice makes tensors elsewhere unless they say where, and ends with its function, thrown or not", () => {
  tidy(() => {
    const inside = () => [empty([2]), ones([2]), randn([2]), tensor([1, 2]), zeros([2], { device: "cpu" })];
    expect(withDevice("meta", inside).map(({ device }) => device)).toEqual(["meta", "meta", "meta", "meta", "cpu"]);
    expect(() => withDevice("meta", () => tensor([1], { device: "cuda:99" }))).toThrowCode("ERR_TORCH_DEVICE");
    expect(inside().every(({ device }) => device === "cpu")).toBe(true);
  });
});

test("a tensor shows itself", () => {
  const x = tensor([[1, 2]]);
  expect(inspect(x)).toBe("Tensor(float32[1,2] [[1,2]])");
  x.dispose();
  expect(inspect(x)).toBe("Tensor(freed)");
});
