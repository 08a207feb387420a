import { expect, test } from "vitest";
import { Rng } from "../../../src/data/index.js";
import { bestAssignment } from "../../../src/train/doctor/assignment.js";
import { type ClassSort, classOrder } from "../../../src/train/doctor/class-orders.js";
import { chanceOfGain, interval } from "../../../src/train/doctor/confidence.js";

/** Every order of 0 … n − 1. */
function* orders(n: number): Generator<number[]> {
  if (n === 0) return yield [];
  for (const shorter of orders(n - 1))
    for (let at = 0; at < n; at++) yield [...shorter.slice(0, at), n - 1, ...shorter.slice(at)];
}
const total = (gains: readonly number[], columns: ArrayLike<number>, n: number) =>
  Array.from(columns).reduce((sum, column, row) => sum + gains[row * n + column], 0);

test.each([1, 2, 3, 5, 6])("the best assignment of %i rows is the best of all orders", (n) => {
  for (let seed = 0; seed < 20; seed++) {
    const rng = Rng.from(seed, "assignment", n);
    const gains = Array.from({ length: n * n }, () => rng.int(6) - 2); // ties and negative numbers too
    const best = Math.max(...[...orders(n)].map((order) => total(gains, order, n)));
    const columns = bestAssignment(gains, n);
    expect([...columns].sort()).toEqual(Array.from({ length: n }, (_, i) => i));
    expect(total(gains, columns, n)).toBe(best);
  }
});

test("an order of a thousand is found again under noise", () => {
  const n = 1000;
  const rng = Rng.from(0, "thousand");
  const order = rng.permutation(n);
  const gains = Float64Array.from({ length: n * n }, () => rng.next());
  for (let row = 0; row < n; row++) gains[row * n + order[row]] += 5;
  expect(bestAssignment(gains, n)).toEqual(Int32Array.from(order));
});

test("bounds and doubts are those of the tables", () => {
  const [low, high] = interval(92, 100);
  expect([low, high].map((share) => share.toFixed(3))).toEqual(["0.785", "0.973"]);
  expect(interval(0, 10)[0]).toBe(0);
  expect(interval(10, 10)[1]).toBeCloseTo(1, 12);
  expect(chanceOfGain(8, 2)).toBeCloseTo(56 / 1024, 12); // C(10,8) + C(10,9) + C(10,10) of 2¹⁰
  expect(chanceOfGain(0, 0)).toBe(1);
  expect(chanceOfGain(0, 7)).toBeCloseTo(1, 12);
});

test.each([
  ["lexicographic", ["0", "1", "2", "10", "11"], [0, 1, 3, 4, 2]],
  ["natural", ["0", "1", "10", "11", "2"], [0, 1, 4, 2, 3]],
  ["lexicographic", ["b", "a", "C"], [2, 1, 0]],
  ["caseless", ["b", "a", "C"], [1, 0, 2]],
  ["reversed", ["a", "b", "c"], [2, 1, 0]],
  ["oneOn", ["a", "b", "c"], [2, 0, 1]],
  ["oneBack", ["a", "b", "c"], [1, 2, 0]],
] as [ClassSort, string[], number[]][])("%s order of %j", (sort, names, order) => expect(classOrder(names, sort)).toEqual(order));

test("the class numbers sorted as text", () => {
  const names = Array.from({ length: 12 }, (_, i) => `class ${String.fromCharCode(97 + i)}`);
  expect(classOrder(names, "numbersAsText")).toEqual([0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]);
});
