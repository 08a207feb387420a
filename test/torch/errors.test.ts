/** What goes wrong ends in a JavaScript error with a name, a code and libtorch's own words; never in a crash. */

import { describe, expect, test } from "vitest";
import { invoke, resolve } from "../../src/torch/dispatch.js";
import {
  arange,
  cat,
  conv2d,
  embedding,
  engineInfo,
  Generator,
  grad,
  inferenceMode,
  layerNorm,
  linear,
  memory,
  ones,
  type Tensor,
  tensor,
  tidy,
  where,
  zeros,
} from "../../src/torch/index.js";
import * as operators from "../../src/torch/ops.generated.js";
import { fuzzTimes } from "../support/fuzz.js";
import { isSpec, tensorOf } from "./check-operator.js";
import { samples } from "./samples.js";

const leaf = () => ones([2]).requiresGrad_();
const whole = () => ones([2, 2], { dtype: "int64" });
const double = (shape: number[]) => ones(shape, { dtype: "float64" });

/** What is wrong, the end of its code, the operator that the message begins with, what else it tells whatever its words, and the call. */
type Case = [what: string, code: string, operator: string, facts: (string | number | RegExp)[], provoke: () => unknown];

const shapes: Case[] = [
  ["a product of what does not fit", "SHAPE", "mm", ["(2x3 and 2x3)"], () => ones([2, 3]).mm(ones([2, 3]))],
  ["a matrix that is none", "SHAPE", "mm", [], () => ones([3]).mm(ones([3, 2]))],
  ["a sum of what does not broadcast", "SHAPE", "add.Tensor", ["(3)", "(4)"], () => ones([2, 3]).add(ones([4]))],
  ["a dimension too far", "SHAPE", "softmax.int", ["[-1, 0]", 3], () => ones([2]).softmax(3)],
  ["a view of another size", "SHAPE", "view", ["[3]", 4], () => ones([4]).view([3])],
  ["a view across strides", "SHAPE", "view", [], () => ones([2, 3]).transpose(0, 1).view([6])],
  ["sizes that differ in cat", "SHAPE", "cat", [2, 3], () => cat([ones([2, 2]), ones([3, 3])])],
  ["channels that differ", "SHAPE", "conv2d", ["groups=1", "[2, 4, 1, 1]", "[1, 3, 4, 4]"], () => conv2d(ones([1, 3, 4, 4]), ones([2, 4, 1, 1]))], // biome-ignore format: one row
  ["a normalised shape that is not there", "SHAPE", "layer_norm", ["normalized_shape=[5]", "[2, 3]"], () => layerNorm(ones([2, 3]), [5])], // biome-ignore format: one row
  ["a negative extent", "SHAPE", "zeros", [], () => zeros([-1])],
  ["an index outside", "SHAPE", "embedding", [], () => embedding(ones([2, 2]), tensor([5n]))],
  ["a target outside", "SHAPE", "cross_entropy_loss", [7], () => ones([1, 2]).crossEntropyLoss(tensor([7n]))],
  ["more than there is", "SHAPE", "topk", [/\bk\b/], () => ones([2]).topk(3)],
  ["item of many", "SHAPE", "item", [2], () => ones([2]).item()],
];

const dtypes: Case[] = [
  ["a product of two dtypes", "DTYPE", "mm", [/float/i, /double/i], () => ones([2, 2]).mm(double([2, 2]))],
  ["a convolution of two dtypes", "DTYPE", "conv2d", [/float/i, /double/i], () => conv2d(double([1, 1, 2, 2]), ones([1, 1, 1, 1]))], // biome-ignore format: one row
  ["a kernel that there is none of", "DTYPE", "softmax.int", ["'Long'"], () => whole().softmax(-1)],
  ["a result that does not fit in place", "DTYPE", "mul_.Scalar", ["Float", "Long"], () => whole().mul_(1.5)],
  ["real numbers as classes", "DTYPE", "cross_entropy_loss", ["Long"], () => ones([1, 2]).crossEntropyLoss(ones([1]))],
  ["booleans subtracted", "DTYPE", "sub.Tensor", ["bool"], () => tensor([true]).sub(tensor([true]))],
  ["an integer that should train", "DTYPE", "setRequiresGrad", [], () => whole().requiresGrad_()],
  ["bytes that are no state", "DTYPE", "restoreGenerator", ["ByteTensor"], () => Generator.seeded(1).restore(ones([1]))],
];

const gradients: Case[] = [
  ["backward from what was not recorded", "GRADIENT", "backward", [/element 0\b/], () => ones([]).backward()],
  ["backward from no scalar", "GRADIENT", "backward", [], () => leaf().mul(2).backward()],
  ["an input not in the graph", "GRADIENT", "grad", [], () => grad([leaf().sum()], [leaf()])],
  ["a leaf written to", "GRADIENT", "mul_.Scalar", [], () => leaf().mul_(2)],
  ["a saved result written to", "GRADIENT", "backward", ["[2]", "Exp", /version 1\b.*version 0\b/], () => { const y = leaf().exp(); y.mul_(2); y.sum().backward(); }], // biome-ignore format: one row
  ["an inference tensor in a graph", "GRADIENT", "mul.Tensor", [], () => inferenceMode(() => ones([2])).mul(leaf())],
];

const places: Case[] = [
  ["a device that there is no name for", "DEVICE", "zeros", ["'device'", '"gpu"', "cpu, cuda, cuda:0"], () => zeros([1], { device: "gpu" })], // biome-ignore format: one row
  ["memory that no machine has", "MEMORY", "zeros", [/\b4\d+ /], () => zeros([2 ** 30, 2 ** 20, 10])],
];

const freed = (): Tensor => {
  const x = ones([1]);
  x.dispose();
  return x;
};

const javascript: Case[] = [
  ["null for a tensor", "ARGUMENT", "matmul", ["'other'", "undefined"], () => ones([1]).matmul(null as never)],
  ["a number for a tensor", "ARGUMENT", "matmul", ["'other'"], () => ones([1]).matmul(5 as never)],
  ["a generator for a tensor", "ARGUMENT", "matmul", ["'other'"], () => ones([1]).matmul(Generator.default() as never)],
  ["a tensor for a list of them", "ARGUMENT", "cat", ["'tensors'", "array"], () => cat(ones([1]) as never)],
  ["nothing for a list of them", "ARGUMENT", "cat", ["'tensors'"], () => cat(undefined as never)],
  ["a hole in a list of tensors", "ARGUMENT", "cat", ["'tensors'", "undefined"], () => cat([ones([1]), undefined as never])],
  [
    "nothing for what is needed",
    "ARGUMENT",
    "where.self",
    ["'self'"],
    () => where(tensor([true]), undefined as never, ones([1])),
  ],
  ["NaN for a whole number", "ARGUMENT", "softmax.int", ["'dim'", /\bnan$/], () => ones([1]).softmax(Number.NaN)],
  ["a fraction for a whole number", "ARGUMENT", "zeros", ["'size'", /\b1\.5$/], () => zeros([1.5])],
  ["a number beyond 2^53", "ARGUMENT", "zeros", ["'size'", /\b1e\+300$/], () => zeros([1e300])],
  ["a bigint beyond 64 bits", "ARGUMENT", "softmax.int", ["'dim'", 64], () => ones([1]).softmax((2n ** 64n) as never)],
  ["a string for a number", "ARGUMENT", "add.Scalar", ["'other'", /number.*string/], () => ones([1]).add("1" as never)],
  ["a string for a dimension", "ARGUMENT", "sum.dim_IntList", ["'dim'", /number.*string/], () => ones([1]).sum("0" as never)],
  ["a p-norm without its dimensions", "ARGUMENT", "norm.ScalarOpt_dim", ["'dim'"], () => ones([1]).norm(1 as never)],
  ["a number for a switch", "ARGUMENT", "sum.dim_IntList", ["'keepdim'", /boolean.*number/], () => ones([1]).sum([0], { keepdim: 1 as never })], // biome-ignore format: one row
  ["an object for an array", "ARGUMENT", "reshape", ["'shape'", "array"], () => ones([1]).reshape({ 0: 1 } as never)],
  ["an unknown dtype", "ARGUMENT", "to.dtype_layout", ["'dtype'", '"float8"', "float32, "], () => ones([1]).to({ dtype: "float8" as never })], // biome-ignore format: one row
  [
    "a number for a dtype",
    "ARGUMENT",
    "to.dtype_layout",
    ["'dtype'", /string.*number/],
    () => ones([1]).to({ dtype: 6 as never }),
  ],
  ["an unknown memory format", "ARGUMENT", "clone", ['"nhwc"', "channelsLast"], () => ones([1]).clone({ memoryFormat: "nhwc" as never })], // biome-ignore format: one row
  ["a symbol for a number", "ARGUMENT", "add.Scalar", [/number.*object/], () => ones([1]).add(Symbol("x") as never)],
  ["too few arguments", "ARGUMENT", "arange.start_step", ["'end'", /number.*undefined/], () => arange(1, undefined as never)],
  [
    "a freed tensor among the options",
    "FREED",
    "linear",
    ["'bias'"],
    () => linear(ones([1, 1]), ones([1, 1]), { bias: freed() }),
  ],
  ["a freed tensor in a list", "FREED", "cat", ["'tensors'"], () => cat([freed()])],
];

/** Nothing of libtorch's backtraces, nor of the advice to its own developers. */
const withoutTrace = /^(?![\s\S]*(?:Exception raised from|frame #|backtrace|Please file|DispatchKey))/;

const names: Record<string, string> = { SHAPE: "RangeError", DTYPE: "TypeError", ARGUMENT: "TypeError" };

describe.each(Object.entries({ shapes, dtypes, gradients, places, javascript }))("%s", (_, cases) => {
  test.each(cases)("%s: ERR_TORCH_%s", (_, code, operator, facts, provoke) => {
    const { tensors } = memory();
    const error = caught(provoke);
    expect(error.name).toBe(names[code] ?? "Error");
    expect(error).toThrowCode(`ERR_TORCH_${code}`, ...facts, withoutTrace);
    expect(error.message.startsWith(`${operator}: `), error.message).toBe(true);
    expect(memory().tensors).toBe(tensors);
  });
});

function caught(provoke: () => unknown): Error & { code?: string } {
  try {
    tidy(() => void provoke());
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing was thrown");
}

test("a CPU-only libtorch says that it has no cuda, and no list of its backends", ({ skip }) => {
  skip(engineInfo().devices.length > 1, "this libtorch has cuda");
  const error = caught(() => zeros([1], { device: "cuda" }));
  expect(error).toThrowCode("ERR_TORCH_DEVICE", "CUDA");
  expect(error.message.length).toBeLessThan(300);
  expect(caught(() => ones([1]).to({ device: "cuda:3" }))).toThrowCode("ERR_TORCH_DEVICE");
  expect(caught(() => Generator.seeded(1, { device: "cuda" }))).toThrowCode("ERR_TORCH_DEVICE", /cuda/i);
});

test("an operator that this libtorch lacks is an error of its own", () => {
  const nobody = resolve("nobody", "home", ["self"]);
  expect(caught(() => invoke(nobody, 1))).toThrowCode("ERR_TORCH_UNKNOWN_OPERATOR", '"nobody.home"');
});

test("an exception of the caller's own getter comes through as it is", () => {
  const list: Tensor[] = [];
  const own = new Error("own");
  Object.defineProperty(list, 0, { get: () => { throw own; } }); // biome-ignore format: one line
  expect(caught(() => cat(list))).toBe(own);
});

describe("random wrong arguments", () => {
  const lines = Object.keys(samples);
  const names = [
    ...new Set(lines.map((line) => line.split(".")[0].replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, c: string) => c.toUpperCase()))),
  ];

  test(`never crash the process, nor leave a tensor behind: ${names.length} operators`, () => {
    const random = mulberry(20240601);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
    const { tensors } = memory();
    let [refused, accepted] = [0, 0];
    for (let round = 0; round < 12 * fuzzTimes; round++) {
      for (const name of names) {
        tidy(() => {
          const pool = wrong();
          const args = Array.from({ length: Math.floor(random() * 5) }, () => pick(pool));
          const self = pick(pool.filter((value) => (value as Tensor | null)?.pipe !== undefined)) as Tensor;
          try {
            call(self, name, args);
            accepted++;
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            refused++;
          }
        });
      }
    }
    expect(memory().tensors).toBe(tensors);
    expect(refused).toBeGreaterThan(accepted);
  });

  const call = (self: Tensor, name: string, args: unknown[]) => {
    const method = (self as unknown as Record<string, unknown>)[name];
    const fn = (operators as unknown as Record<string, unknown>)[name];
    return typeof method === "function" ? method.apply(self, args) : (fn as (...args: unknown[]) => unknown)(...args);
  };

  /** Values of every kind; numbers stay small, so that nothing asks for all of the memory. */
  const wrong = (): unknown[] => [
    ...[
      undefined,
      null,
      true,
      "x",
      "",
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      0,
      1,
      -1,
      7,
      2.5,
      1e300,
      3n,
      2n ** 70n,
      Symbol("s"),
    ],
    ...[
      {},
      [],
      [0],
      [1, -1],
      [3, 2, 2],
      ["x"],
      [null],
      [[1]],
      () => 1,
      { dim: 9 },
      { dim: "x", keepdim: 1, dtype: "no" },
      { p: [], generator: 1 },
    ],
    ...[ones([]), ones([0]), ones([2, 3]), whole(), tensor([true]), freed(), [ones([2]), ones([3])], [freed()], Generator],
    ...Object.values(samples.conv2d[0].args).map((value) => (isSpec(value) ? tensorOf(value) : value)),
  ];
});

/** A small seeded generator, so that a failure can be repeated. */
function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("an option that the operator does not have is refused, not left out", () =>
  tidy(() => {
    const x = tensor([[1, 2]]) as unknown as Record<string, (options: object) => void>;
    expect(() => x.argmax({ dmi: 1 })).toThrowCode("ERR_TORCH_ARGUMENT", /^argmax: /, '"dmi"', "dim, keepdim");
    expect(() => x.mean({ dim: 1 })).toThrowCode("ERR_TORCH_ARGUMENT", /^mean: .*"dim".*\bdtype\b/, "positional");
  }));
