/** The fused Gram losses against the same by libtorch's operators: shapes, layouts, degenerate tokens, what is refused. */

import { describe, expect, test } from "vitest";
import { Rng } from "../../src/data/index.js";
import { overRows } from "../../src/methods/gram-loss.js";
import { gramGap, manualSeed, randn, type Tensor, tidy, zeros } from "../../src/torch/index.js";

/** Maps, rows, the student's and the teacher's width: of every kind, and some drawn. */
const drawn = Array.from({ length: 12 }, (_, i): [number, number, number, number] => {
  const rng = Rng.from(3, i);
  return [1 + rng.int(5), 1 + rng.int(80), 1 + rng.int(70), 1 + rng.int(70)];
});
const shapes: [number, number, number, number][] = [
  [1, 1, 1, 1],
  [3, 1, 7, 5],
  [196, 2, 3, 4],
  [1, 196, 192, 384],
  [2, 49, 16, 48],
  [1, 33, 17, 31],
  ...drawn,
];

/** The largest differences, as shares of the largest values; of the sum, as a share of what it is the difference of. */
function expectSame(student: Tensor, teacher: Tensor): void {
  const [[sum, slope], [expected, literal]] = [gramGap(student, teacher), overRows(student, teacher)];
  const [maps, n] = student.shape;
  expect(Math.abs(sum.item() - expected.item())).toBeLessThan(1e-5 * Math.max(expected.item(), 1e-3 * maps * n));
  const scale = Math.max(literal.abs().amax().item(), 1e-2);
  expect(slope.sub(literal).abs().amax().item() / scale).toBeLessThan(2e-5);
  expect(slope.shape).toEqual(student.shape);
}

const check = (what: () => [Tensor, Tensor]): void => tidy(() => expectSame(...what()));

test.each(shapes)("%i maps of %i rows, %i and %i wide", (maps, n, own, other) => {
  manualSeed(5);
  check(() => [randn([maps, n, own]), randn([maps, n, other])]);
});

describe("layouts", () => {
  test("images and positions exchanged", () =>
    check(() => [randn([40, 3, 20]), randn([40, 3, 24])].map((x) => x.transpose(0, 1)) as [Tensor, Tensor]));
  test("behind a prefix token", () => check(() => [randn([3, 41, 20]).slice({ dim: 1, start: 1 }), randn([3, 40, 24])]));
  test("with the numbers of a token apart", () =>
    check(() => [randn([3, 20, 40]).transpose(1, 2), randn([3, 24, 40]).transpose(1, 2)]));
});

describe("degenerate tokens", () => {
  test("all zero", () => check(() => [zeros([2, 5, 4]), randn([2, 5, 6])]));
  test("one zero row", () =>
    check(() => {
      const tokens = randn([1, 6, 4]);
      tokens.select(1, 2).zero_();
      return [tokens, randn([1, 6, 8])];
    }));
  test("a student that is its teacher", () =>
    tidy(() => {
      const tokens = randn([2, 50, 30]);
      const [sum, slope] = gramGap(tokens, tokens);
      expect(sum.item()).toBeLessThan(1e-9);
      expect(slope.abs().amax().item()).toBeLessThan(1e-5);
    }));
  test("no map at all", () => tidy(() => void expect(gramGap(zeros([0, 5, 4]), zeros([0, 5, 4]))[0].item()).toBe(0)));
});

test.each<[what: string, call: () => unknown, code: string, facts: RegExp]>([
  [
    "a student of two dimensions",
    () => gramGap(randn([2, 3]), randn([2, 3, 4])),
    "ERR_TORCH_SHAPE",
    /student.*\[M, n, D\].*\[2, 3\]/,
  ],
  [
    "float64",
    () => gramGap(randn([1, 2, 3], { dtype: "float64" }), randn([1, 2, 3])),
    "ERR_TORCH_DTYPE",
    /student.*float32.*Double/,
  ],
  ["other rows", () => gramGap(randn([1, 2, 3]), randn([1, 4, 3])), "ERR_TORCH_SHAPE", /\[1, 2, 3\].*\[1, 4, 3\]/],
])("refuses %s", (_, call, code, facts) => tidy(() => void expect(call).toThrowCode(code, facts)));
