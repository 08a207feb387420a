/** A teacher that looks where the student looks: which patches, what meets what, and what is refused. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalise } from "../../src/augment/index.js";
import { defineMethod, manifold, none, soft } from "../../src/methods/index.js";
import { cached, convNet, onnxTeacher, vit } from "../../src/models/index.js";
import { klDiv } from "../../src/nn/index.js";
import { Generator, gradsOf, memory, rand, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { measureBalance } from "../../src/train/balance.js";
import { doctor, type MaskedTeacher, plan, type Recipe, Session } from "../../src/train/index.js";
import { choosePatches, highest, patchesKept, regrid } from "../../src/train/masked-teacher.js";
import { examine } from "../../src/train/non-finite/examine.js";
import type { Said } from "../../src/train/session.js";
import { file } from "../support/foreign-vit.js";
import { columns, master, pupil, size, toyRecipe } from "./toys.js";

let before: ReturnType<typeof memory>["tensors"];
beforeAll(() => {
  before = memory().tensors;
});
afterAll(() => expect(memory().tensors).toBe(before));

// 16 patches of 2×2
const fine = { patchSize: 2 };
const data = { train: columns(60), batchSize: 12, augment: normalise({ mean: [0.5], std: [0.5] }) };
const recipe = (change: Partial<Recipe> = {}): Recipe =>
  toyRecipe({
    student: () => pupil({ ...fine, drop: 0.1, dropPath: 0.2 }),
    teachers: [() => master(fine)],
    method: manifold({ layers: [[0, 0], [1, 1]], samples: 16, alpha: 0.5 }), // biome-ignore format: two pairs
    data,
    maskedTeacher: { keep: 0.5 },
    ...change,
  });

const whole = (x: Tensor): number[][] => x.toArray() as number[][];
const numbers = (tensors: readonly (Tensor | null)[]): number[] => tensors.flatMap((x) => Array.from(x!.data() as Float32Array));

/** The reports of some steps, and the gradients of the last. */
async function learn(change: Partial<Recipe>, steps = 4) {
  using session = Session.open(recipe(change), { seed: 6, device: "cpu" });
  const epoch = session.loader.epoch(0);
  const reports = [];
  for (let step = 0; step < steps; step++) {
    const { terms, loss, gradNorm } = session.step((await epoch.next()).value!, 1e-2);
    reports.push({ terms, loss, gradNorm });
  }
  return { reports, gradients: tidy(() => numbers(gradsOf(session.optimizer.parameters))) };
}

/** What is said about one batch. */
async function look(change: Partial<Recipe>, fn: (said: Said, session: Session) => void): Promise<void> {
  using session = Session.open(recipe(change), { seed: 6, device: "cpu" });
  const { value } = await session.loader.epoch(0).next();
  tidy(() => {
    fn(session.look(session.lesson(value!).images), session);
  });
}

describe("the patches", () => {
  test("are the k highest, in rising order", () => {
    tidy(() => {
      const worth = rand([5, 9]);
      const naive = whole(worth).map((row) =>
        [...row.keys()]
          .sort((a, b) => row[b] - row[a])
          .slice(0, 4)
          .sort((a, b) => a - b),
      );
      expect(Array.from(highest(worth, 4).flatten().data() as BigInt64Array, Number)).toEqual(naive.flat());
    });
  });

  test.each<[number, [number, number], number]>([
    [0.5, [14, 14], 98],
    [0.25, [14, 14], 49],
    [0.5, [3, 3], 5],
    [0.001, [14, 14], 1],
    [1, [7, 7], 49],
  ])("keep %d of %o patches are %i", (keep, grid, k) => expect(patchesKept({ keep }, { grid })).toBe(k));

  test("on another grid: shrunk by areas, grown between neighbours, and no attention lost", () => {
    tidy(() => {
      const map = rand([2, 16]);
      expect(regrid(map, [4, 4], [4, 4])).toBe(map);
      for (const to of [
        [2, 2],
        [3, 3],
        [8, 8],
      ] as const) {
        // biome-ignore format: three grids
        const other = regrid(map, [4, 4], to);
        expect(other.shape).toEqual([2, to[0] * to[1]]);
        expect(other.amax().item()).toBeLessThanOrEqual(map.amax().item() + 1e-6);
      }
      const spot = tensor(Float32Array.from({ length: 16 }, (_, i) => Number(i === 15)), { shape: [1, 16] }); // biome-ignore format: one call
      expect(Number(highest(regrid(spot, [4, 4], [2, 2]), 1).item())).toBe(3);
      expect(Array.from(highest(regrid(spot, [4, 4], [8, 8]), 4).flatten().data() as BigInt64Array, Number)).toEqual([54, 55, 62, 63]); // biome-ignore format: one line
    });
  });

  test("drawn, are others for each picture, every patch as often, and the stream's", () => {
    using generator = Generator.seeded(3);
    const mask: MaskedTeacher = { keep: 0.25, by: "random" };
    tidy(() => {
      const images = rand([2000, 1, 1, 1]);
      const { info } = pupil(fine);
      const draw = () => choosePatches(mask, info, images, { student: info, saliency: undefined, generator });
      const state = generator.state();
      const first = draw();
      const counts = new Array<number>(16).fill(0);
      for (const patch of Array.from(first.flatten().data() as BigInt64Array, Number)) counts[patch] += 1;
      expect(Math.min(...counts)).toBeGreaterThan(400); // of 500 each
      expect(Math.max(...counts)).toBeLessThan(600);
      expect(first.eq(draw()).all().item()).toBeFalsy();
      generator.restore(state);
      expect(first.eq(draw()).all().item()).toBeTruthy();
    });
  });
});

describe("in a step", () => {
  test("the teacher sees the half that the student attends to most", async () => {
    await look({}, ({ student, teachers: [teacher] }) => {
      expect(teacher.patches!.shape).toEqual([12, 8]);
      expect(teacher.taps.map(({ shape }) => shape)).toEqual([[12, 8, 24], [12, 8, 24]]); // biome-ignore format: two taps
      const attention = whole(student.saliency!);
      for (const [b, row] of (teacher.patches!.toArray() as bigint[][]).entries()) {
        const kept = row.map(Number);
        const left = attention[b].filter((_, patch) => !kept.includes(patch));
        expect(Math.min(...kept.map((patch) => attention[b][patch]))).toBeGreaterThanOrEqual(Math.max(...left));
      }
    });
  });

  test("a teacher of a finer grid, under answers alone, sees the share of its own patches", async () => {
    const change = { student: () => pupil(), method: soft() };
    await look(change, ({ student, teachers: [teacher] }) => {
      expect(student.saliency!.shape).toEqual([12, 4]);
      expect(teacher.patches!.shape).toEqual([12, 8]);
    });
  });

  test("the method is given the student's taps at the teacher's patches", async () => {
    let given: number[][][] = [];
    const watching = defineMethod({
      name: "watching",
      taps: { student: ["blocks.1"], teacher: ["blocks.0"] },
      loss({ student, teacher }) {
        given = student.taps[0].toArray() as number[][][];
        return { soft: klDiv(student.logits, teacher.logits) };
      },
    });
    await look({ method: watching }, (said, session) => {
      session.loss(said, tensor(new Int32Array(12)));
      const full = said.student.taps[0].toArray() as number[][][];
      const patches = said.teachers[0].patches!.toArray() as number[][];
      expect(given).toEqual(patches.map((row, b) => [full[b][0], ...row.map((patch) => full[b][1 + Number(patch)])]));
    });
  });

  test("one that asks for the student's taps alone is given them whole", async () => {
    const own = defineMethod({
      name: "own",
      taps: { student: ["blocks.1"], teacher: [] },
      loss({ student, teacher }) {
        expect(student.taps[0].shape).toEqual([12, 17, 16]);
        return { soft: klDiv(student.logits, teacher.logits) };
      },
    });
    await look({ method: own }, (said, session) => {
      session.loss(said, tensor(new Int32Array(12)));
    });
    expect.assertions(1);
  });

  test("keep 1 is the step without a mask, bit for bit", async () => {
    const unmasked = await learn({ maskedTeacher: undefined });
    expect(await learn({ maskedTeacher: { keep: 1 } })).toEqual(unmasked);
    expect((await learn({ maskedTeacher: { keep: 0.5 } })).reports[0].terms).not.toEqual(unmasked.reports[0].terms);
  });

  test("drawn patches are the run's own: one seed is one run", async () => {
    const drawn: Partial<Recipe> = { maskedTeacher: { keep: 0.5, by: "random" } };
    const first = await learn(drawn);
    expect(await learn(drawn)).toEqual(first);
    expect(first).not.toEqual(await learn({}));
  });

  test.each<[string, Partial<Recipe>]>([
    ["in parts", { accumulate: 3 }],
    ["gathered", { accumulate: { steps: 3, gather: true } }],
  ])("%s, it is the same step", async (_, parts) => {
    const calm = { student: () => pupil(fine), method: manifold({ pairs: "all", weights: { all: parts.accumulate === 3 ? 0 : 4 }, alpha: 0.5 }) }; // biome-ignore format: one line
    const [divided, undivided] = [await learn({ ...calm, ...parts }, 1), await learn(calm, 1)];
    expect(divided.reports[0].loss).toBeCloseTo(undivided.reports[0].loss, 5);
    const largest = Math.max(...undivided.gradients.map(Math.abs));
    const gaps = divided.gradients.map((value, i) => Math.abs(value - undivided.gradients[i]) / largest);
    expect(Math.max(...gaps)).toBeLessThan(1e-5);
  });

  test("every teacher is masked, each on its own grid", async () => {
    const both: Partial<Recipe> = {
      teachers: [() => master(fine), () => vit({ ...size, embedDim: 8, depth: 1, heads: 1 })],
      method: defineMethod({
        name: "two",
        teachers: [2, 2],
        loss: ({ student, teachers: [a, b] }) => ({ a: klDiv(student.logits, a.logits), b: klDiv(student.logits, b.logits) }),
      }),
    };
    await look(both, ({ teachers }) => expect(teachers.map((said) => said.patches!.shape)).toEqual([[12, 8], [12, 2]])); // biome-ignore format: one line
    expect((await learn(both)).reports).toHaveLength(4);
  });

  test("a look at the terms' balance takes its draws back", async () => {
    using session = Session.open(recipe({ maskedTeacher: { keep: 0.5, by: "random" } }), { seed: 6, device: "cpu" });
    const { value: batch } = await session.loader.epoch(0).next();
    const state = tidy(() => [...session.randomState()].map(([, stream]) => numbers([stream])));
    expect(Object.keys(measureBalance(session, batch!)!.norms)).toEqual(["task", "soft", "intra", "inter", "random"]);
    expect(tidy(() => [...session.randomState()].map(([, stream]) => numbers([stream])))).toEqual(state);
  });

  test("a number that is none is traced through it", async () => {
    using session = Session.open(recipe(), { seed: 6, device: "cpu" });
    const { value: batch } = await session.loader.epoch(0).next();
    tidy(() => {
      session.teachers[0]
        .namedParameters()
        .find(([key]) => key === "blocks.1.mlp.fc1.bias")![1]
        .fill_(Number.NaN);
      const found = examine(session, session.lessons(batch!));
      expect(found!.origin!.place).toMatchObject({ who: "teacher", name: "cait", layer: "blocks.1.mlp.fc1" });
    });
  });
});

test("a plan tells what the masked teacher costs", async () => {
  const { student, teachers } = await plan(recipe());
  expect(student.masked).toBeNull();
  expect(teachers[0].masked!.patches).toBe(8);
  expect(teachers[0].masked!.macs).toBeGreaterThan(0.4 * teachers[0].macs!);
  expect(teachers[0].masked!.macs).toBeLessThan(0.6 * teachers[0].macs!);
});

test("the doctor examines the teacher as it is, on whole pictures", async () => {
  const examined = recipe({ data: { ...data, val: columns(30, 1) } });
  const { findings } = await doctor(examined);
  expect(findings.length).toBeGreaterThan(0);
});

describe("refused in a sentence:", () => {
  const convs = () => convNet({ ...size, widths: [4, 8], blocks: 1 });
  test.each<[string, Partial<Recipe>, string, string[]]>([
    ["no teacher", { teachers: [], method: none() }, "ERR_TEACHERS", []],
    ["a student without a class token", { student: convs, method: soft() }, "ERR_TEACHERS", ["convnet", 'by: "random"']],
    ["a teacher of convolutions", { teachers: [convs], method: soft() }, "ERR_TEACHERS", ["convnet", "vit-distill models"]],
    [
      "a cached teacher",
      { teachers: [cached(() => master(fine), { dir: "nowhere" })], method: soft() },
      "ERR_TEACHERS",
      ["cait", "cached()"],
    ],
    [
      "a teacher from a file",
      {
        teachers: [() => onnxTeacher(file("vit.onnx"), { taps: { "blocks.0": "hidden_0" }, note: () => {} })],
        method: manifold({ layers: [[0, "blocks.0"]], alpha: 0 }),
      },
      "ERR_TEACHERS",
      ["vit.onnx", "vit-distill models"],
    ],
    [
      "patches that are not each other's",
      { student: () => pupil(), method: manifold({ layers: [[0, 0]], unequalGrids: "pool" }) },
      "ERR_PATCH_GRID",
      ["vit", "2×2", "cait", "4×4"],
    ],
  ])("%s", (_, change, code, facts) => {
    expect(() => Session.open(recipe(change), { seed: 0, device: "cpu" })).toThrowCode(code, "maskedTeacher", ...facts);
  });

  test("but a student of convolutions learns from a teacher masked at random", async () => {
    const { reports } = await learn({ student: convs, method: soft(), maskedTeacher: { keep: 0.5, by: "random" } });
    expect(reports.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});
