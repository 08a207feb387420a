/** NaN and Inf, planted: the step is left out, the place is named, and the capture computes the same again. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { normalise } from "../../src/augment/index.js";
import { readSafetensors } from "../../src/checkpoint/index.js";
import { type ImageOp, inSpace } from "../../src/data/index.js";
import { defineMethod, type LossInput, manifold, none, soft } from "../../src/methods/index.js";
import { convNet } from "../../src/models/index.js";
import { crossEntropy } from "../../src/nn/index.js";
import { noGrad, type Tensor, tidy } from "../../src/torch/index.js";
import {
  type Fault,
  type FaultEvent,
  openRunFolder,
  type Recipe,
  replay,
  Session,
  sentenceOf,
  type TrainEvent,
  type TrainOptions,
  train,
} from "../../src/train/index.js";
import { columns, master, pupil, size, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-faults-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let runs = 0;

const space = { mean: [0.5], std: [0.5] };
const plain = normalise(space);
const train60 = columns(60);
for (const bad of [17, 40]) train60.images[64 * bad + 1] = 255; // as no other pixel is
const data = { train: train60, batchSize: 12, augment: plain };
const calm = (change: Partial<Recipe> = {}): Recipe =>
  toyRecipe({ student: () => pupil(), method: soft(), data, epochs: 1, ...change });

/** Runs as far as it goes. */
async function run(recipe: Recipe, { stopAfter, ...options }: TrainOptions & { stopAfter?: number } = {}) {
  const dir = options.resume ?? join(scratch, `run-${runs++}`);
  const events: TrainEvent[] = [];
  const controller = new AbortController();
  let error: Error | undefined;
  try {
    const told = train(recipe, { doctor: false, ...options, ...(options.resume ? {} : { dir }), signal: controller.signal });
    for await (const event of told) {
      events.push(event);
      if ("step" in event && event.step === stopAfter) controller.abort();
    }
  } catch (thrown) {
    error = thrown as Error;
  }
  const faults = events.filter((event): event is FaultEvent => event.kind === "fault");
  return { dir, events, faults, error, steps: events.filter(({ kind }) => kind === "step") };
}

/** What a fault says of its place. */
const placeOf = ({ origin }: Fault) => origin && [origin.place.who, origin.place.layer, origin.operator];

/** Pictures whose second pixel is white, out of which a clumsy augmentation makes NaN. */
const isBad = (pixels: ArrayLike<number>) => pixels[1] === 255;
const badNames = ["columns, picture 17", "columns, picture 40"];
const clumsy: ImageOp = inSpace(space, (image, rng) => {
  const seen = plain(image, rng);
  if (isBad(image.data)) (seen.data as Float32Array)[5] = Number.NaN;
  return seen;
});

const oddly = (odd: (input: LossInput) => Tensor) =>
  defineMethod({
    name: "oddly",
    loss: (input) => ({ task: crossEntropy(input.student.heads.class, input.targets), odd: odd(input) }),
  });

/** A student in which one layer's numbers grow out of float32. */
function overflowing() {
  const student = pupil();
  tidy(() =>
    noGrad(() => {
      for (const layer of ["fc1", "fc2"]) student.stateDict().get(`blocks.1.mlp.${layer}.weight`)!.mul_(1e30);
    }),
  );
  return student;
}

describe("a planted fault is named, and its capture gives the same again", () => {
  const planted: [string, Partial<Recipe>, object][] = [
    [
      "a bad picture",
      { data: { ...data, augment: clumsy } },
      { pass: "forward", terms: ["task", "soft"], place: ["student", "patch_embed", "aten::linear"], source: "pictures" },
    ],
    [
      "a bad term",
      { method: oddly(({ student }) => student.logits.sub(10).log().mean()) },
      { pass: "forward", terms: ["odd"], place: ["method", "", "aten::log"], source: null },
    ],
    [
      "an overflowing layer",
      { student: overflowing },
      { pass: "forward", terms: ["task", "soft"], place: ["student", "blocks.1.mlp.fc2", "aten::linear"], source: null },
    ],
    [
      "an overflowing layer in bfloat16",
      { student: overflowing, precision: "bfloat16" },
      { pass: "forward", terms: ["task", "soft"], place: ["student", "blocks.1.mlp.fc2", "aten::linear"], source: null },
    ],
    [
      "an overflowing layer of the teacher",
      {
        teachers: [
          () => {
            const teacher = master();
            tidy(() => void teacher.stateDict().get("blocks.0.norm1.weight")!.detach().fill_(Number.POSITIVE_INFINITY));
            return teacher;
          },
        ],
      },
      {
        pass: "forward",
        terms: ["soft"],
        place: ["teacher", "blocks.0.norm1", "aten::layer_norm"],
        source: "blocks.0.norm1.weight of the teacher cait",
      },
    ],
    [
      "a term without a slope",
      {
        method: oddly(
          ({ student: { logits } }) =>
          logits.sub(logits.detach()).square().sum([1]).sqrt().add(logits.mean()).mean(), // biome-ignore format: one chain
        ),
      },
      { pass: "backward", terms: ["odd"], place: ["method", "", "backward of aten::sqrt"], source: null },
    ],
    [
      "in parts",
      { data: { ...data, augment: clumsy }, accumulate: 3 },
      { pass: "forward", place: ["student", "patch_embed", "aten::linear"], source: "pictures" },
    ],
    [
      "in gathered parts",
      {
        data: { ...data, augment: clumsy },
        accumulate: { steps: 3, gather: true },
        student: () => pupil({ drop: 0.1 }),
        method: manifold({ layers: [[0, 0], [1, 1]], samples: 16, alpha: 0.5 }), // biome-ignore format: two pairs
      },
      { pass: "forward", place: ["student", "patch_embed", "aten::linear"], source: "pictures" },
    ],
  ];
  test.each(planted)("%s", async (_, change, expected) => {
    const recipe = calm({ ...change, nonFinite: { skip: 0 } });
    const { faults, error, dir } = await run(recipe);
    const [{ fault, file, step }] = faults;
    const { place, source, ...others } = expected as { place: string[]; source: string | null };
    expect(fault).toMatchObject({ ...others, origin: { source } });
    expect(placeOf(fault)).toEqual(place);
    expect(error).toThrowCode("ERR_NON_FINITE", new RegExp(`\\b${step}\\b`), sentenceOf(fault), "skip: 0", basename(file!));
    if (source === "pictures") for (const { name } of fault.pictures) expect(badNames).toContain(name);
    expect(fault.pictures.length).toBeGreaterThan(0);

    const again = await replay(file!, { recipe });
    expect(again).toMatchObject({ reproduced: true, notes: [], captured: fault, found: fault });
    expect(openRunFolder(dir).readMetrics().at(-1)).toMatchObject({ kind: "fault", step, operator: fault.origin!.operator });
  });

  test("a learning rate that is no number: the update is taken back", async () => {
    const mad = { name: "mad", options: {}, build: () => ({ lrAt: (step: number) => (step === 2 ? Number.NaN : 1e-3) }) };
    const recipe = calm({ schedule: mad });
    const { faults, error, steps } = await run(recipe);
    expect(error).toBeUndefined();
    expect(steps).toHaveLength(4);
    expect(faults).toHaveLength(1);
    expect(faults[0].fault).toMatchObject({ kind: "update", lr: Number.NaN });
    expect(faults[0].says).toMatch(/\bcls_token\b.*\bNaN\b.*\bfloat32\b/);
    expect(await replay(faults[0].file!, { recipe })).toMatchObject({ reproduced: true });
  });
});

test("what bfloat16 breaks, float32 mends; other weights of a teacher are told", async () => {
  // 256.5 is no bfloat16
  const recipe = calm({
    precision: "bfloat16",
    nonFinite: { skip: 0 },
    method: oddly(({ student: { logits } }) => logits.mul(0).add(256.5).sub(256).log().mean()),
  });
  const { faults } = await run(recipe);
  const { file } = faults[0];
  expect(await replay(file!, { recipe })).toMatchObject({ reproduced: true, precision: "bfloat16" });
  expect(await replay(file!, { recipe, precision: "float32" })).toMatchObject({ reproduced: false, found: null });
  const others = await replay(file!, { recipe: { ...recipe, teachers: [() => master({ drop: 0.1, heads: 3 })] } });
  expect(others.notes).toEqual([expect.stringMatching(/\bcait\b/)]);
  await expect(replay(file!)).rejects.toThrowCode("ERR_REPLAY", file!, "replay(file, { recipe })");
});

describe("a step that is left out", () => {
  test("changes neither weights nor statistics nor average", async () => {
    const recipe = calm({
      student: () => convNet({ ...size, widths: [4, 8], blocks: 1 }),
      teachers: [],
      method: none(),
      ema: 0.5,
      data: { ...data, augment: clumsy },
    });
    using session = Session.open(recipe, { seed: 0, device: "cpu" });
    const everything = () =>
      tidy(() => [...session.student.stateDict(), ...session.ema!.stateDict()].map(([, tensor]) => tensor.toArray()));
    let left = 0;
    for await (const batch of session.loader.epoch(0)) {
      const before = everything();
      const { breach } = session.step(batch, 1e-2);
      if (!breach) expect(everything()).not.toEqual(before);
      else {
        left += 1;
        expect(everything()).toEqual(before);
        for (const tensor of [...breach.before.random.values(), ...breach.before.buffers.values()]) tensor.dispose();
      }
    }
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(5);
  });

  const sometimes = () => calm({ student: () => pupil({ drop: 0.1 }), data: { ...data, augment: clumsy }, epochs: 2, ema: 0.9 });

  test("is told, logged and skipped; resumed runs are the same, bit for bit", async () => {
    const whole = await run(sometimes());
    expect(whole.error).toBeUndefined();
    expect(whole.faults.length + whole.steps.length).toBe(10);
    const [first] = whole.faults;
    expect(first).toMatchObject({ inARow: 1, most: 3, fault: { terms: ["task", "soft"], origin: { source: "pictures" } } });
    expect(readFileSync(join(whole.dir, "train.log"), "utf8")).toContain(first.says);
    const { dir } = await run(sometimes(), { stopAfter: first.step });
    await run(sometimes(), { resume: dir });
    const student = (dir: string) => readFileSync(openRunFolder(dir).student);
    expect(student(dir).equals(student(whole.dir))).toBe(true);
    const rows = (dir: string) =>
      openRunFolder(dir)
        .readMetrics()
        .map((row) => ("terms" in row ? [row.kind, row.step, row.terms] : [row.kind, row.step]));
    expect(rows(dir)).toEqual(rows(whole.dir));
  });

  test("and too many in a row end the run with the last good weights, few captures and a way to go on", async () => {
    let calls = 0;
    const broken = oddly(({ student: { logits } }) => (calls++ < 3 ? logits.mean() : logits.sub(1e3).log().mean()));
    const recipe = calm({ method: broken, epochs: 3, nonFinite: { skip: 4 } });
    const { error, faults, steps, dir, events } = await run(recipe);
    expect(events.at(-1)?.kind).not.toBe("end");
    // three calls are three steps
    expect(steps).toHaveLength(3);
    expect(faults.map(({ inARow, file }) => [inARow, file !== null])).toEqual([[1, true], [2, true], [3, true], [4, false], [5, false]]); // biome-ignore format: pairs
    expect(error).toThrowCode("ERR_NON_FINITE", /\b8\b/, /\b5\b/, "nonFinite: { skip: 4 }", "--resume", "--force");
    expect(readdirSync(join(dir, "faults")).filter((name) => name.endsWith("safetensors"))).toHaveLength(3);
    expect(existsSync(join(openRunFolder(dir).checkpoints, "step-00000008.json"))).toBe(true);
    expect([...readSafetensors(openRunFolder(dir).student).tensors.values()].every(({ bytes }) => finite(bytes))).toBe(true);
    const mended = await run(calm({ epochs: 3 }), { resume: dir, force: true });
    expect(mended.error).toBeUndefined();
    expect(mended.steps.map((event) => "step" in event && event.step)).toEqual([9, 10, 11, 12, 13, 14, 15]);
  });
});

const finite = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer).every(Number.isFinite);

test("float16 is refused on a processor", async () => {
  const { error } = await run(calm({ precision: "float16" }));
  expect(error).toThrowCode("ERR_PRECISION", '"float16"', '"bfloat16"');
});
