/** A run goes on with what it began with; whatever else is handed to it is shown and refused. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compose, flip, normalise } from "../../src/augment/index.js";
import { type Dataset, samples } from "../../src/data/index.js";
import { manifold } from "../../src/methods/index.js";
import { adamW, cosine } from "../../src/optim/index.js";
import { memory } from "../../src/torch/index.js";
import { ChangedRun, openRunFolder, type Recipe, type TrainEvent, type TrainOptions, train } from "../../src/train/index.js";
import { columns, master, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-go-on-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Stopped after two steps. */
async function stopped(change: Partial<Recipe> = {}, seed = 4): Promise<string> {
  const dir = mkdtempSync(join(scratch, "run-"));
  const controller = new AbortController();
  for await (const event of train(recipe(change), { dir, seed, doctor: false, signal: controller.signal }))
    if (event.kind === "step" && event.step === 2) controller.abort();
  return dir;
}

const recipe = (change: Partial<Recipe> = {}): Recipe => toyRecipe({ epochs: 1, ...change });

async function goOn(dir: string, change: Partial<Recipe> = {}, options: TrainOptions = {}) {
  const events: TrainEvent[] = [];
  for await (const event of train(recipe(change), { resume: dir, ...options })) events.push(event);
  const [begin, end] = [events[0], events.at(-1)] as [TrainEvent & { kind: "begin" }, TrainEvent & { kind: "end" }];
  return { begin, end };
}

const dir = await stopped();
const { data } = recipe();

test("the same values, made anew, are the same recipe; name, workers and what is kept are not part of it", async () => {
  const dir = await stopped();
  const { begin, end } = await goOn(dir, { name: "renamed", keep: { last: 1 }, data: { ...data, workers: 0 } });
  expect(begin).toMatchObject({ step: 2, notes: [] });
  expect(end).toMatchObject({ finished: true, step: 5 });
});

/** `data`, with something else in it. */
const pictures = (change: Partial<Dataset>): Partial<Recipe> => ({ data: { ...data, train: { ...data.train, ...change } } });
const brighter = (): Dataset => {
  const { images } = columns(60).pictures as unknown as { images: Uint8Array };
  return samples({ name: "columns", images: images.map((value, i) => (i === 7 ? value ^ 1 : value)), labels: data.train.labels as never, channels: 1, height: 8, width: 8, classes: data.train.classes }); // biome-ignore format: one call
};

describe("refused, field by field:", () => {
  const cases: [string, Partial<Recipe>, string[]][] = [
    ["a learning rate", { optimizer: adamW({ lr: 2e-3, weightDecay: 0.05 }) }, ["optimizer.lr: 0.003 → 0.002"]],
    ["more epochs, which stretch the schedule", { epochs: 2 }, ["epochs: 1 → 2", "steps: 5 → 10"]],
    ["a schedule", { schedule: cosine({ warmupEpochs: 1, floor: 1e-5 }) }, ["schedule.floor: 0 → 0.00001"]],
    ["an average that was not kept", { ema: 0.9 }, ["ema: nothing → 0.9"]],
    [
      "a term's weight",
      { method: manifold({ layers: [[0, 0], [1, 1]], samples: 16, alpha: 0.5, weights: { intra: 8 } }) }, // biome-ignore format: two pairs
      ["method.weights.intra: 4 → 8"],
    ],
    [
      "an augmentation",
      { data: { ...data, augment: compose([flip(), normalise({ mean: [0.5], std: [0.5] })]) } },
      [expect.stringMatching(/^data\.augment\..* → /)],
    ],
    [
      "a dropped path, which no shape shows",
      { student: () => pupil({ drop: 0.1 }) },
      ["student.settings.blocks.*.drop_path.p: [0,0.2] → 0"],
    ],
    [
      "a function of one's own",
      { data: { ...data, mix: (batch) => batch } },
      [expect.stringMatching(/^data\.mix: nothing → \(batch\) ?=> ?batch$/)],
    ],
    [
      "other classes",
      pictures({ classes: ["right", "middle", "left"] }),
      ["classes.0: left → right", "classes.2: right → left", expect.stringMatching(/^data\.train\.sha256: /)],
    ],
    ["another picture", { data: { ...data, train: brighter() } }, [expect.stringMatching(/^data\.train\.sha256: /)]],
    ["another teacher", { teachers: [() => master({ initScale: 0.2 })] }, [expect.stringMatching(/^teachers\.0\.sha256: /)]],
  ];
  test.each(cases)("%s", async (_, change, lines) => {
    const before = memory().tensors;
    const error = await goOn(dir, change).then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(error).toBeInstanceOf(ChangedRun);
    expect(error).toThrowCode("ERR_RECIPE_CHANGED", dir, "--init", "--force");
    expect(error.message.split("\n").slice(1, -1).map((line: string) => line.trim())).toEqual(lines); // biome-ignore format: one line
    expect(memory().tensors).toBe(before);
  });

  test("another seed, if one is asked for; the run's own if none is", async () => {
    await expect(goOn(dir, {}, { seed: 5 })).rejects.toThrowCode("ERR_RECIPE_CHANGED", "\n  seed: 4 → 5\n");
  });
});

test("forced, it goes on as what it is now, says so, and is that from then on", async () => {
  const dir = await stopped();
  const change = { epochs: 2, optimizer: adamW({ lr: 1e-3 }) };
  const { begin, end } = await goOn(dir, change, { force: true });
  expect(begin.notes).toEqual([
    expect.stringContaining("epochs: 1 → 2"),
    expect.stringContaining("optimizer.lr: 0.003 → 0.001"),
    expect.stringContaining("optimizer.weightDecay: 0.05 → 0.01"),
    expect.stringContaining("steps: 5 → 10"),
  ]);
  expect(end).toMatchObject({ finished: true, step: 10 });
  expect(openRunFolder(dir).recipe).toMatchObject({ epochs: 2, optimizer: { options: { lr: 1e-3 } } });
  await expect(goOn(dir, change)).resolves.toMatchObject({ end: { finished: true } });
  await expect(goOn(dir)).rejects.toThrowCode("ERR_RECIPE_CHANGED", "epochs: 2 → 1");
});

test("another number of threads or another libtorch is said once, and goes on", async () => {
  const dir = await stopped();
  const run = openRunFolder(dir);
  const { manifest } = run;
  run.manifest = {
    ...manifest,
    versions: { ...manifest.versions, libtorch: "1.9.0" },
    engine: { ...manifest.engine, threads: 48 },
  };
  const { begin, end } = await goOn(dir);
  const { engine, versions } = manifest;
  expect(begin.notes).toEqual([
    expect.stringContaining(`threads: 48 → ${engine.threads}, libtorch: 1.9.0 → ${versions.libtorch}`),
  ]);
  expect(end.finished).toBe(true);
});

test("what auto was found to be when the run began stays, whatever would be found now", async () => {
  const dir = await stopped({ precision: "auto" });
  const run = openRunFolder(dir);
  const { precision } = run.manifest.precision;
  const other = precision === "float32" ? "bfloat16" : "float32";
  run.manifest = { ...run.manifest, precision: { precision: other, why: "measured elsewhere" } };
  run.recipe = { ...run.recipe, precision: other };
  const { begin } = await goOn(dir, { precision: "auto" });
  expect(begin).toMatchObject({ precision: other, notes: [] });
  await expect(goOn(dir, { precision })).rejects.toThrowCode("ERR_RECIPE_CHANGED", `precision: ${other} → ${precision}`);
});
