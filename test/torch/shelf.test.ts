/** Tensors whose numbers lie in a file: they are what they were, need no memory, and keep what is written to them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LayerNorm, Linear } from "../../src/nn/index.js";
import { arange, encoderBlock, hasMatrixUnit, noGrad, ones, randn, shelve, type Tensor, tensor } from "../../src/torch/index.js";

const COUNT = 2 ** 18; // 1 MiB

const before = process.env.TMPDIR;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "shelf-"));
  process.env.TMPDIR = directory;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(directory, { recursive: true });
});

const counting = () => arange(0, COUNT, { dtype: "float32" });

test("numbers and views stay, what is written stays, and no file has a name", () => {
  using x = counting();
  using tail = x.slice({ start: COUNT - 2 });
  shelve([x]);
  expect(readdirSync(directory)).toEqual([]);
  expect(tail.toArray()).toEqual([COUNT - 2, COUNT - 1]);
  x.mul_(-1);
  expect(tail.toArray()).toEqual([2 - COUNT, 1 - COUNT]);
  shelve([x]); // twice is once
  expect(tail.toArray()).toEqual([2 - COUNT, 1 - COUNT]);
});

test("memory is given up", (context) => {
  if (process.platform !== "linux") return context.skip("anonymous pages are counted by Linux's /proc");
  if (process.env.VIT_DISTILL_SANITIZED) return context.skip("AddressSanitizer keeps what is freed for a while");
  const anonymous = () => Number(/RssAnon:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
  using x = ones([64, 2 ** 18]); // 64 MiB
  const full = anonymous();
  shelve([x]);
  expect(anonymous()).toBeLessThan(full - 48);
  using sum = x.sum();
  expect(sum.item()).toBe(2 ** 24);
});

test("small tensors, borrowed ones, and all where no file can be written stay in memory", () => {
  const data = new Float32Array(COUNT);
  using borrowed = tensor(data, { shape: [COUNT], share: true });
  using small = ones([4]);
  shelve([borrowed, small]);
  data[0] = 7;
  expect(borrowed.data()[0]).toBe(7);
  expect(small.toArray()).toEqual([1, 1, 1, 1]);

  process.env.TMPDIR = join(directory, "nowhere");
  using x = counting();
  shelve([x]);
  expect(x.data()).toEqual(Float32Array.from({ length: COUNT }, (_, i) => i));
});

test("an operator that lays weights out lets go of them, and sees what is written to them afterwards", (context) => {
  if (!hasMatrixUnit()) return context.skip("weights are laid out for a matrix unit, and this processor has none");
  const width = 192;
  const norms = [new LayerNorm(width), new LayerNorm(width)];
  const layers = [new Linear(width, 3 * width), new Linear(width, width), new Linear(width, 768), new Linear(768, width)];
  const weights = layers.map(({ weight }) => weight);
  using x = randn([1, 8, width]);
  const answer = (): Tensor =>
    noGrad(() => {
      const vectors = norms.flatMap(({ weight, bias }) => [weight, bias]);
      return encoderBlock(x, 3, vectors, weights, layers.map(({ bias }) => bias), [], []); // biome-ignore format: one call
    });
  using kept = answer();
  shelve(weights);
  using shelved = answer();
  expect(shelved.data()).toEqual(kept.data());
  noGrad(() => {
    for (const weight of weights) weight.zero_();
    for (const { bias } of layers) bias!.zero_();
  });
  using zeroed = answer();
  expect(zeroed.data()).toEqual(x.data());
  expect(weights[0].data().every((value) => value === 0)).toBe(true);
  for (const module of [...norms, ...layers]) module.dispose();
});
