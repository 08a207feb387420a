/** Every operator of native/ops.txt: its values are PyTorch's, its gradient PyTorch's and that of central differences. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { addon } from "../../src/torch/addon.js";
import { defaultDevice } from "../../src/torch/factories.js";
import { engineInfo, Generator, hasOperator, manualSeed, Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import {
  callByRule,
  expectGradient,
  expectValues,
  type Golden,
  isSpec,
  leavesOf,
  numbersOf,
  run,
  tensorOf,
} from "./check-operator.js";
import { type Distribution, type Sample, samples } from "./samples.js";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const lines = read("../../native/ops.txt")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const golden: Record<string, (Golden | null)[]> = JSON.parse(read("golden-ops.json"));

test("every line of native/ops.txt has a sample, and every sample a line", () => {
  expect(lines.filter((line) => !samples[line])).toEqual([]);
  expect(Object.keys(samples).filter((line) => !lines.includes(line))).toEqual([]);
});

/** Kernels of ours for the processor; elsewhere layers and losses take libtorch's operators. */
const forProcessors = ["encoder_block", "gram_gap", "self_attention", "talking_heads"].map((name) => `vit_distill::${name}`);

onEachDevice((device) => {
  describe.each(lines)("%s", (line) => {
    const rows = (samples[line] ?? []).map((sample, i) => ({
      sample,
      expected: golden[line]?.[i],
      names: Object.keys(sample.args).join(),
    }));
    test.for(rows)("$names", ({ sample, expected }, { skip }) => {
      if (device !== "cpu" && forProcessors.includes(line)) skip(`${line} is for processors`);
      if (sample.sameAs && !hasOperator(line)) skip(`libtorch ${engineInfo().libtorch} has no ${line}`);
      tidy(() => check(line, sample, expected));
    });
  });

  test("a permutation holds every number once", () => {
    const drawn = tidy(() => draw("randperm.generator", { n: 50 }, 3));
    expect(drawn.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

function check(line: string, { args, random, uninitialised, sameAs }: Sample, expected: Golden | null): void {
  const leaves = leavesOf(args).map((spec) => tensorOf(spec));
  if (random) return void expectDistribution(line, args, random);
  if (sameAs) return void expectSame(sameAs, leaves);
  if (uninitialised) return void expectPlace(run(line, args, leaves)[0], expected!);
  expectValues(run(line, args, leaves), expected!);
  expectGradient(line, args, expected!);
}

function expectSame({ call, by }: NonNullable<Sample["sameAs"]>, tensors: Tensor[]): void {
  const [actual, expected] = [call(tensors), by(tensors)];
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(1e-12);
}

function expectPlace(output: Tensor | boolean, { outputs: [{ dtype, shape }] }: Golden): void {
  expect(output).toBeInstanceOf(Tensor);
  expect(output).toMatchObject({ dtype, shape });
}

/** The values of one draw, from a generator where the operator takes one, from the default stream otherwise. */
function draw(line: string, args: Sample["args"], seed: number): number[] {
  const [base, overload = ""] = line.split(".");
  const takesGenerator = addon.schema(`aten::${base}`, overload)!.arguments.some(({ name }) => name === "generator");
  using generator = Generator.seeded(seed, { device: defaultDevice() });
  manualSeed(seed);
  const built = Object.entries(args).map(([name, value]) => [name, isSpec(value) ? tensorOf(value) : value]);
  const result = callByRule(line, { ...Object.fromEntries(built), ...(takesGenerator && { generator }) });
  return numbersOf(result as Tensor);
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function expectDistribution(line: string, args: Sample["args"], { mean, variance, holds }: Distribution): void {
  const values = draw(line, args, 7);
  expect(draw(line, args, 7), "the same seed draws the same").toEqual(values);
  expect(draw(line, args, 8), "another seed draws otherwise").not.toEqual(values);
  expect(values.length).toBe(4096);
  expect(values.filter((value) => !holds(value))).toEqual([]);
  const found = average(values);
  expect(Math.abs(found - mean)).toBeLessThan(5 * Math.sqrt(variance / values.length));
  const spread = average(values.map((value) => (value - found) ** 2)) / variance;
  expect(Math.abs(spread - 1)).toBeLessThan(0.1); // four standard deviations, or more
}
