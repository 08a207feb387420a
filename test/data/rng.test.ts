import { describe, expect, it } from "vitest";
import { Rng } from "../../src/data/index.js";

const draw = (rng: Rng, n = 8) => Array.from({ length: n }, () => rng.bits());

function moments(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

const sample = (value: (rng: Rng) => number, n = 50_000) => {
  const rng = Rng.from(7);
  return Array.from({ length: n }, () => value(rng));
};

describe("Rng", () => {
  it("is xoshiro128**: the published first values of state 1, 2, 3, 4", () => {
    expect(draw(new Rng([1, 2, 3, 4]), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("gives the same stream for the same name, another for any other", () => {
    const names: (number | string)[][] = [
      [],
      ["a"],
      ["b"],
      ["ab"],
      ["a", "b"],
      [0],
      [1],
      [-1],
      [0, 0],
      [0, 1],
      [1, 0],
      ["1"],
      [2 ** 32],
      [2 ** 40 + 1],
    ];
    const streams = names.map((name) => draw(Rng.from(3, ...name)).join());
    expect(new Set(streams).size).toBe(names.length);
    expect(names.map((name) => draw(Rng.from(3, ...name)).join())).toEqual(streams);
    expect(draw(Rng.from(4))).not.toEqual(draw(Rng.from(3)));
    expect(() => Rng.from(0.5)).toThrowCode("ERR_INVALID_OPTION", "0.5");
  });

  it("has no two equal streams among 50,000 neighbours, and their first values are uniform", () => {
    const seen = new Set<string>();
    let sum = 0;
    for (let epoch = 0; epoch < 5; epoch++) {
      for (let position = 0; position < 10_000; position++) {
        const rng = Rng.from(0, "augment", epoch, position);
        seen.add(rng.state().join());
        sum += rng.next();
      }
    }
    expect(seen.size).toBe(50_000);
    expect(sum / 50_000).toBeCloseTo(0.5, 2);
  });

  it("goes on from a state that went through JSON", () => {
    const rng = Rng.from(5, "x");
    rng.normal();
    const state = JSON.parse(JSON.stringify(rng.state()));
    const expected = [rng.next(), rng.normal(), rng.beta(0.8), rng.int(10)];
    const again = new Rng([0, 0, 0, 1]).restore(state);
    expect([again.next(), again.normal(), again.beta(0.8), again.int(10)]).toEqual(expected);
  });

  it("draws uniform and normal values", () => {
    const uniform = moments(sample((rng) => rng.uniform(-1, 3)));
    expect(uniform.mean).toBeCloseTo(1, 1);
    expect(uniform.variance).toBeCloseTo(16 / 12, 1);
    const normal = moments(sample((rng) => rng.normal()));
    expect(normal.mean).toBeCloseTo(0, 1);
    expect(normal.variance).toBeCloseTo(1, 1);
  });

  it("draws whole numbers evenly, ends included", () => {
    const counts = [0, 0, 0, 0, 0];
    for (const value of sample((rng) => rng.int(5))) counts[value]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it.each([0.3, 1, 2.5, 20])("draws Gamma(%f): mean and variance equal the shape", (shape) => {
    const { mean, variance } = moments(sample((rng) => rng.gamma(shape)));
    expect(Math.abs(mean / shape - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.08);
  });

  it.each([
    [0.2, 0.2],
    [0.8, 0.8],
    [1, 1],
    [2, 5],
  ])("draws Beta(%f, %f)", (a, b) => {
    const { mean, variance } = moments(sample((rng) => rng.beta(a, b)));
    expect(mean).toBeCloseTo(a / (a + b), 2);
    expect(variance).toBeCloseTo((a * b) / ((a + b) ** 2 * (a + b + 1)), 2);
  });

  it("draws Beta of tiny parameters, where plain gammas underflow", () => {
    const values = sample((rng) => rng.beta(1e-4), 2000);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(moments(values).mean).toBeCloseTo(0.5, 1);
  });

  it("permutes: every element once, every place equally likely", () => {
    const rng = Rng.from(1);
    const places = new Array(6).fill(0);
    for (let i = 0; i < 6000; i++) {
      const order = rng.permutation(6);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
      places[order.indexOf(0)]++;
    }
    for (const count of places) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
