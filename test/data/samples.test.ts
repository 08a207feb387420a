import { describe, expect, it } from "vitest";
import { classCounts, type Image, openPictures, stratifiedSplit, stratifiedSubset, subset } from "../../src/data/index.js";
import { ids, toy } from "./toy.js";

const ascending = (values: number[]) => values.every((value, i) => i === 0 || value > values[i - 1]);

describe("subset", () => {
  it("has the pictures and labels asked for, in that order, of the parent's pixels", () => {
    const all = toy([3, 3]);
    const part = subset(all, [4, 0]);
    expect(ids(part)).toEqual([4, 0]);
    expect([...part.labels]).toEqual([all.labels[4], all.labels[0]]);
    const first = openPictures(part.pictures).read(0) as Image;
    expect(first.data.buffer).toBe(all.images.buffer);
    expect(first.data).toEqual(all.images.subarray(80, 100));
    expect(ids(subset(part, [1]))).toEqual([0]);
  });

  it.each([-1, 6, 0.5, Number.NaN])("refuses the index %f", (index) => {
    expect(() => subset(toy([3, 3]), [index])).toThrowCode("ERR_INVALID_OPTION", "toy", /\b0\b.*\b5\b/, index);
  });
});

describe("stratifiedSplit", () => {
  it.each([[0.2], [40]])("holds out %f in the classes' proportions, disjoint and complete, in order", (validation) => {
    const all = toy([100, 60, 40]);
    const split = stratifiedSplit(all, { validation, seed: 1 });
    expect(classCounts(split.validation)).toEqual([20, 12, 8]);
    expect(classCounts(split.train)).toEqual([80, 48, 32]);
    expect([...ids(split.train), ...ids(split.validation)].sort((a, b) => a - b)).toEqual(ids(all));
    expect(ascending(ids(split.train)) && ascending(ids(split.validation))).toBe(true);
  });

  it("gives remainders to the largest, and the exact total", () => {
    expect(classCounts(stratifiedSplit(toy([5, 3, 2]), { validation: 3, seed: 0 }).validation)).toEqual([1, 1, 1]);
    expect(classCounts(stratifiedSplit(toy([7, 7, 7]), { validation: 4, seed: 0 }).validation)).toEqual([2, 1, 1]);
  });

  it("depends on the seed alone", () => {
    const held = (seed: number) => ids(stratifiedSplit(toy([50, 50]), { validation: 20, seed }).validation);
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
  });

  it.each([0, -1, 2.5, 10, Number.NaN])("refuses to hold out %f of 10", (validation) => {
    expect(() => stratifiedSplit(toy([5, 5]), { validation, seed: 0 })).toThrowCode(
      "ERR_INVALID_OPTION",
      validation,
      "toy",
      /\b10\b/,
    );
  });
});

describe("stratifiedSubset", () => {
  it("takes the same number of each class, or a total in proportion", () => {
    expect(classCounts(stratifiedSubset(toy([30, 20, 10]), { perClass: 7, seed: 0 }))).toEqual([7, 7, 7]);
    expect(classCounts(stratifiedSubset(toy([30, 20, 10]), { total: 12, seed: 0 }))).toEqual([6, 4, 2]);
  });

  it("holds the smaller subset of the same seed", () => {
    const small = ids(stratifiedSubset(toy([40, 40]), { perClass: 5, seed: 3 }));
    const large = ids(stratifiedSubset(toy([40, 40]), { perClass: 20, seed: 3 }));
    expect(small.every((id) => large.includes(id))).toBe(true);
  });

  it("says which class is too small", () => {
    expect(() => stratifiedSubset(toy([5, 2]), { perClass: 3, seed: 0 })).toThrowCode(
      "ERR_INVALID_OPTION",
      "toy",
      /\b2\b/,
      "class 1",
      /\b3\b/,
    );
    expect(() => stratifiedSubset(toy([5, 2]), { total: 20, seed: 0 })).toThrowCode("ERR_INVALID_OPTION", "toy", "class 0");
    expect(() => stratifiedSubset(toy([5, 2]), { perClass: 1.5, seed: 0 })).toThrowCode("ERR_INVALID_OPTION", "toy", "1.5");
  });
});
