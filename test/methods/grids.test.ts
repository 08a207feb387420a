/** Prefixes, grids and layer maps: what the released code compared wrongly without a word. */

import { expect, test } from "vitest";
import {
  commonGrid,
  everyLayer,
  firstAndLast,
  layerPairs,
  manifold,
  mergePatches,
  onGrid,
  poolPatches,
} from "../../src/methods/index.js";
import { arange, type Tensor, tidy } from "../../src/torch/index.js";
import { lesson, playersOf, toyStudent, toyTeacher } from "./toys.js";

/** Facts of two models that never run. */
function facts<T>(look: (players: ReturnType<typeof playersOf>) => T, student = toyStudent(), teacher = toyTeacher()): T {
  const players = playersOf(student, teacher);
  student.dispose();
  teacher.dispose();
  return look(players);
}

const numbers = (x: Tensor) => x.toArray();

test("prefix tokens are dropped on both sides, however many each has", () =>
  tidy(() => {
    facts(
      ({ student, teacher }) => {
        const tokens = arange(0, 2 * 18 * 3, { dtype: "float32" }).reshape([2, 18, 3]);
        expect(student.prefixTokens).toBe(2);
        expect(onGrid(tokens, student, [4, 4], "refuse").shape).toEqual([2, 16, 3]);
        expect(onGrid(tokens, student, [4, 4], "refuse").select(0, 0).select(0, 0).toArray()).toEqual([6, 7, 8]);
        expect(teacher.prefixTokens).toBe(0);
      },
      toyStudent({ distilled: true }),
    );
  }));

test("merging puts every 2×2 block of neighbours side by side, pooling takes its mean", () =>
  tidy(() => {
    const tokens = arange(0, 16, { dtype: "float32" }).reshape([1, 16, 1]); // a 4×4 grid, row by row
    expect(numbers(mergePatches(tokens, [4, 4], [2, 2]))).toEqual([
      [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
      ],
    ]);
    expect(numbers(poolPatches(tokens, [4, 4], [2, 2]))).toEqual([[[2.5], [4.5], [10.5], [12.5]]]);
  }));

test("a 14×14 student under a 7×7 teacher is refused with the ways out", () => {
  const look = (unequal: "refuse" | "merge" | "pool") =>
    facts((players) => commonGrid(players, unequal), toyStudent({ imgSize: 56 }), toyTeacher({ imgSize: 56, patchSize: 8 }));
  expect(() => look("refuse")).toThrow(
    /toy_vit sees 14×14 patches and toy_cait 7×7: patch by patch .* unequalGrids: "merge" .*2×2.* or "pool"/,
  );
  expect(look("merge")).toEqual([7, 7]);
});

test("grids of which neither divides the other cannot meet at all", () => {
  const look = () => facts((players) => commonGrid(players, "merge"), toyStudent({ imgSize: 24 }), toyTeacher({ imgSize: 16 }));
  expect(look).toThrow(/6×6 patches .* 4×4: no whole number of patches/);
});

test.each(["merge", "pool"] as const)("manifold runs over unequal grids by %s", (unequalGrids) =>
  lesson(manifold({ unequalGrids }), ({ terms }) => expect(terms.intra.item()).toBeGreaterThan(0), {
    teachers: [() => toyTeacher({ patchSize: 8 })],
  }),
);

test("layer maps: the released one, an even one, and one spelled out", () => {
  const players = facts((p) => p);
  const deep = { ...players, student: { ...players.student, depth: 12 }, teacher: { ...players.teacher, depth: 24 } };
  const names = (depth: number) => Array.from({ length: depth }, (_, i) => `blocks.${i}`);
  deep.student = { ...deep.student, tapNames: names(12) };
  deep.teacher = { ...deep.teacher, tapNames: names(24) };
  expect(
    layerPairs(firstAndLast(4), deep)
      .map(([s, t]) => `${s}-${t}`)
      .join(" "),
  ).toBe("0-0 1-1 2-2 3-3 8-20 9-21 10-22 11-23");
  expect(layerPairs(everyLayer(), deep).map(([, t]) => t)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
  expect(layerPairs([[2, 3]], players)).toEqual([[2, 3]]);
});

test("a layer that a model has not is refused by name", () => {
  const players = facts((p) => p);
  expect(() => layerPairs([[0, 7]], players)).toThrow(
    "The layer map names teacher block 7, which toy_cait does not have. It has blocks.0 to blocks.3.",
  );
  expect(() => layerPairs([], players)).toThrow(/layer map is empty/);
});
