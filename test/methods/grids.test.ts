/** Prefixes, grids and layer maps: what the released code compared wrongly without a word. */

import { expect, test } from "vitest";
import {
  commonGrid,
  everyLayer,
  firstAndLast,
  type LayerMap,
  layerPairs,
  manifold,
  meet,
  mergePatches,
  onGrid,
  patchTokens,
  poolPatches,
  tapNames,
} from "../../src/methods/index.js";
import { modelInfo } from "../../src/models/index.js";
import { arange, type Tensor, tidy, zeros } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";
import { lesson, playersOf, total, toyConvNet, toyStudent, toySwin, toyTeacher } from "../support/toys.js";

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
        expect(patchTokens(tokens, student).shape).toEqual([2, 16, 3]);
        expect(patchTokens(tokens, student).select(0, 0).select(0, 0).toArray()).toEqual([6, 7, 8]);
        expect(teacher.prefixTokens).toBe(0);
      },
      toyStudent({ distilled: true }),
    );
  }));

onEachDevice(() => {
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
});

test("a 14×14 student under a 7×7 teacher is refused with the ways out", () => {
  const look = (unequal: "refuse" | "merge" | "pool") =>
    facts(
      (players) => commonGrid(layerPairs([[0, 0]], players)[0], unequal),
      toyStudent({ imgSize: 56 }),
      toyTeacher({ imgSize: 56, patchSize: 8 }),
    );
  expect(() => look("refuse")).toThrowCode(
    "ERR_PATCH_GRID",
    /toy_vit.*14×14.*blocks\.0.*toy_cait.*7×7.*blocks\.0/,
    /unequalGrids: "merge".*2×2.*"pool"/,
  );
  expect(look("merge")).toEqual([7, 7]);
});

test("a method's ways out are the ones that it knows", () => {
  const look = (ways: readonly ("merge" | "pool")[]) => () =>
    facts(
      (players) => meet(layerPairs([[0, 0]], players), "refuse", { ways }),
      toyStudent({ imgSize: 56 }),
      toyTeacher({ imgSize: 56, patchSize: 8 }),
    );
  expect(look(["pool"])).toThrowCode("ERR_PATCH_GRID", /unequalGrids: "pool".*2×2/, /^(?!.*"merge")/);
  expect(look([])).toThrowCode("ERR_PATCH_GRID", /^(?!.*unequalGrids)/);
});

test("a method that says its meetings has their taps, and refuses what cannot meet", () => {
  const method = manifold({ layers: [[1, 2]] }); // biome-ignore format: one pair
  facts((players) => {
    expect(method.taps(players)).toEqual({ student: ["blocks.1"], teacher: ["blocks.2"] });
    expect(method.meetings(players)).toMatchObject([{ student: { name: "blocks.1" }, grid: [4, 4], unequalGrids: "refuse" }]);
  });
  facts(
    (players) => expect(() => method.check(players)).toThrowCode("ERR_PATCH_GRID", /4×4.*2×2/),
    toyStudent(),
    toyTeacher({ patchSize: 8 }),
  );
});

test("grids of which neither divides the other cannot meet at all", () => {
  const look = () =>
    facts((p) => commonGrid(layerPairs([[0, 0]], p)[0], "merge"), toyStudent({ imgSize: 24 }), toyTeacher({ imgSize: 16 }));
  expect(look).toThrowCode("ERR_PATCH_GRID", /6×6.*4×4.*blocks\.0/, /^(?!.*unequalGrids)/);
});

onEachDevice(() => {
  test.each(["merge", "pool"] as const)("manifold runs over unequal grids by %s", (unequalGrids) =>
    lesson(manifold({ unequalGrids }), ({ terms }) => expect(terms.intra.item()).toBeGreaterThan(0), {
      teachers: [() => toyTeacher({ patchSize: 8 })],
    }),
  );

  const under = [
    ["a ViT under a Swin", toyStudent, toySwin, firstAndLast(4)],
    ["a Swin under a ViT", toySwin, toyStudent, everyLayer()],
    ["a Swin under a deeper Swin", () => toySwin({ embedDim: 4 }), () => toySwin({ depths: [2, 4] }), firstAndLast(4)],
    ["a ViT under a convolutional network, taps by name", toyStudent, toyConvNet, [["blocks.3", "stages.1"]]],
  ] as const;

  test.each(under)("manifold runs for %s, each pair of layers on its own grid", (_, student, teacher, layers) => {
    for (const unequalGrids of ["merge", "pool"] as const)
      lesson(
        manifold({ layers, unequalGrids }),
        ({ terms }) => {
          for (const term of Object.values(terms)) expect(term.item()).toBeGreaterThan(0);
          total(terms).backward();
        },
        { student, teachers: [teacher] },
      );
  });
});

test("a Swin's stages meet a ViT where its map is as coarse, and elsewhere only on demand", () => {
  const [student, teacher] = [modelInfo("deit_tiny_patch16_224"), modelInfo("swin_small_patch4_window7_224")];
  const players = { student, teacher, teachers: [teacher] };
  const pair = (block: number, stage: string) => layerPairs([[block, stage]], players)[0];
  const early = pair(0, "layers.0");
  expect(() => commonGrid(early, "refuse")).toThrowCode("ERR_PATCH_GRID", /14×14.*blocks\.0.*56×56.*layers\.0.*4×4/);
  expect(commonGrid(early, "merge")).toEqual([14, 14]);
  expect(commonGrid(pair(6, "layers.2"), "refuse")).toEqual([14, 14]);
  expect(commonGrid(pair(11, "layers.3"), "merge")).toEqual([7, 7]);
  tidy(() => {
    const tokens = zeros([1, 56 * 56, 96]);
    const [meeting] = meet([early], "merge");
    expect(onGrid(tokens, meeting.teacher, meeting).shape).toEqual([1, 196, 16 * 96]);
  });
});

test("layer maps: the released one, an even one, and one spelled out", () => {
  const [student, teacher] = [modelInfo("deit_tiny_patch16_224"), modelInfo("cait_s24_224")];
  const players = { student, teacher, teachers: [teacher] };
  const pairs = (map: LayerMap) => {
    const { student: ours, teacher: theirs } = tapNames(layerPairs(map, players));
    return ours.map((name, i) => `${name} ${theirs[i]}`.replaceAll("blocks.", ""));
  };
  expect(pairs(firstAndLast(4)).join(", ")).toBe("0 0, 1 1, 2 2, 3 3, 8 20, 9 21, 10 22, 11 23");
  expect(pairs(everyLayer()).join(", ")).toBe("0 1, 1 3, 2 5, 3 7, 4 9, 5 11, 6 13, 7 15, 8 17, 9 19, 10 21, 11 23");
  expect(pairs([[2, "blocks.3"]])).toEqual(["2 3"]);
});

test("a layer that a model has not is refused by name", () => {
  const players = facts((p) => p);
  expect(() => layerPairs([[0, 7]], players)).toThrowCode(
    "ERR_LAYER_MAP",
    /teacher.*\b7\b.*toy_cait.*\b4\b.*blocks\.0.*blocks\.3/,
  );
  expect(() => layerPairs([["stages.1", 0]], players)).toThrowCode(
    "ERR_LAYER_MAP",
    /student.*stages\.1.*toy_vit.*blocks\.0, blocks\.1, blocks\.2, blocks\.3/,
  );
  expect(() => layerPairs([], players)).toThrowCode("ERR_LAYER_MAP");
});
