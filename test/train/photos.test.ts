/** A run on a folder of picture files: the same with workers and without, and after a break in mid-epoch; each damaged file is named once. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compose, flip, mixup, normalise, randomResizedCrop } from "../../src/augment/index.js";
import { type Dataset, dismissWorkers, openData, unlabelledFolder } from "../../src/data/index.js";
import { soft } from "../../src/methods/index.js";
import { type Recipe, train } from "../../src/train/index.js";
import { asFolder, corpus, temporary } from "../data/forms.js";
import { master, pupil, toyRecipe } from "./toys.js";

const input = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const inColour = { inChannels: 3, input };
const augment = compose([randomResizedCrop({ size: 8 }), flip(), normalise(input)]);

let photos: { train: Dataset; val?: Dataset };
beforeAll(async () => {
  photos = await openData(asFolder(await corpus(36, { damage: true })), { validation: 9 });
});
afterAll(dismissWorkers);

const recipe = (workers: number, change: Partial<Recipe> = {}): Recipe =>
  toyRecipe({
    student: () => pupil(inColour),
    teachers: [() => master(inColour)],
    method: soft({}),
    data: { ...photos, batchSize: 8, augment, mix: mixup({ alpha: 0.8 }), workers, maxBad: 0.5 },
    epochs: 2,
    ...change,
  });

interface Told {
  losses: number[];
  bad: string[];
}

async function run(change: Recipe, options: Parameters<typeof train>[1], stopAfter = Number.POSITIVE_INFINITY): Promise<Told> {
  const told: Told = { losses: [], bad: [] };
  const stop = new AbortController();
  for await (const event of train(change, { ...options, signal: stop.signal })) {
    if (event.kind === "step" && told.losses.push(event.loss) >= stopAfter) stop.abort();
    if (event.kind === "bad") told.bad.push(event.name.split("/").at(-1)!);
  }
  return told;
}

test("losses are the same with workers, without, and in two parts; damaged files are named, and class names kept", async () => {
  const dir = join(temporary(), "whole");
  const whole = await run(recipe(0), { dir });
  expect(whole.bad.sort()).toEqual(["bomb.png", "drawing.png", "nothing.jpg", "text.jpg", "truncated.jpg", "truncated.png"]);
  expect(JSON.parse(readFileSync(join(dir, "classes.json"), "utf8"))).toEqual(["class 1", "class 2", "class 10"]);
  const log = readFileSync(join(dir, "train.log"), "utf8");
  for (const name of whole.bad) expect(log.split(name)).toHaveLength(2);

  const parted = join(temporary(), "parted");
  const first = await run(recipe(2), { dir: parted }, 2);
  const rest = await run(recipe(1), { resume: parted });
  expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
});

test("pictures without labels are learned from the teacher's word", async () => {
  const bare = unlabelledFolder(asFolder(await corpus(9)));
  const told = await run(recipe(1, { method: soft({ alpha: 1 }), data: { train: bare, batchSize: 4, augment }, epochs: 1 }), {
    dir: join(temporary(), "bare"),
  });
  expect(told.losses.every((loss) => loss > 0)).toBe(true);
});
