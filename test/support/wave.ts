/** The filler of the golden files beside the tests (golden.py), and the comparison with them. */

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Module } from "../../src/nn/index.js";
import { noGrad, type Tensor, tensor } from "../../src/torch/index.js";

const product = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** sin(phase + 0.9 i), row-major. */
export function wave(shape: readonly number[], phase: number): Tensor {
  return tensor(
    Float32Array.from({ length: product(shape) }, (_, i) => Math.sin(phase + 0.9 * i)),
    { shape },
  );
}

/** Every parameter a wave, its index the phase. */
export function fill<M extends Module>(module: M): M {
  noGrad(() => {
    for (const [phase, parameter] of module.parameters().entries()) {
      using values = wave(parameter.shape, phase);
      parameter.copy_(values);
    }
  });
  return module;
}

export const golden = (url: string) => JSON.parse(readFileSync(new URL("golden.json", url), "utf8"));

/** Equal but for the order of float32 sums. */
export function expectClose(actual: Tensor, expected: readonly number[], { tolerance = 2e-6 } = {}): void {
  const flat = Array.from(actual.data() as Float32Array);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expect(flat.length).toBe(expected.length);
  const worst = Math.max(...flat.map((value, i) => Math.abs(value - expected[i]) / scale));
  expect(worst, `largest error; got ${flat}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
}
