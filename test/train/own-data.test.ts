import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSafetensors } from "../../src/checkpoint/index.js";
import { manifold, soft } from "../../src/methods/index.js";
import { memory } from "../../src/torch/index.js";
import { type Recipe, Session, type TrainEvent, train } from "../../src/train/index.js";
import { columns, cut, damaged, master, toyRecipe } from "./toys.js";

const before = memory();
const files = { augment: cut, evalAugment: cut, workers: 0 };
const dir = () => join(mkdtempSync(join(tmpdir(), "vit-distill-")), "run");

async function follow(recipe: Recipe, folder = dir()): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(recipe, { dir: folder })) events.push(event);
  return events;
}

test("unusable pictures are named once, in the events and in train.log, and the run goes on", async () => {
  const folder = dir();
  const recipe = toyRecipe({ epochs: 2 });
  recipe.data = { ...recipe.data, train: damaged(60, [3, 40]), val: damaged(30, [7], 1), ...files };
  const events = await follow(recipe, folder);
  const bad = events.filter((event) => event.kind === "bad");
  expect(bad.map(({ split, name }) => `${split} ${name}`).sort()).toEqual(["train 0/3.png", "train 0/40.png", "val 1/7.png"]);
  expect(readFileSync(join(folder, "train.log"), "utf8").match(/unusable picture/g)).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({ kind: "end", finished: true });
});

test("more of them than the recipe allows end it", async () => {
  const recipe = toyRecipe({ epochs: 1 });
  recipe.data = { ...recipe.data, train: damaged(60, [3, 40]), ...files, maxBad: 0.01 };
  await expect(follow(recipe)).rejects.toThrowCode("ERR_DATA", /\b1 %/);
});

test("the names of the classes are kept in the run folder and with the student", async () => {
  const folder = dir();
  await follow(toyRecipe({ epochs: undefined, steps: 1 }), folder);
  expect(JSON.parse(readFileSync(join(folder, "classes.json"), "utf8"))).toEqual(["left", "middle", "right"]);
  const { metadata } = readSafetensors(join(folder, "student.safetensors"));
  expect(JSON.parse(metadata.classes)).toEqual(["left", "middle", "right"]);
});

test("a teacher of other classes teaches by its features alone, and is not compared", async () => {
  const teachers = [() => master({ numClasses: 7 })];
  const byFeatures = manifold({ layers: [[0, 0]], alpha: 0, samples: 16 });
  const events = await follow(toyRecipe({ teachers, method: byFeatures, epochs: undefined, steps: 2 }));
  expect(Object.keys(events.find((event) => event.kind === "step")!.terms)).toEqual(["task", "intra", "inter", "random"]);
  const verdict = events.find(({ kind }) => kind === "eval");
  expect(verdict).not.toHaveProperty("agreement");
  expect(() => Session.open(toyRecipe({ teachers, method: soft() }), { seed: 0, device: "cpu" })).toThrowCode(
    "ERR_CLASSES",
    "cait",
    /\b7\b/,
    "columns",
    "numClasses: 3",
  );
});

test("pictures without labels are taught by the teacher alone", async () => {
  const bare = { ...columns(60), classes: [], labels: new Int32Array(60).fill(-1) };
  const data = { train: bare, batchSize: 12 };
  const open = (recipe: Recipe) => Session.open(recipe, { seed: 0, device: "cpu" });
  expect(() => open(toyRecipe({ data, method: soft({ alpha: 0.5 }) }))).toThrowCode(
    "ERR_NO_LABELS",
    "columns",
    "soft",
    "alpha: 1",
  );
  const labelless = { ...data, val: bare };
  expect(() => open(toyRecipe({ data: labelless, method: soft({ alpha: 1 }) }))).toThrowCode(
    "ERR_NO_LABELS",
    "columns",
    "data.val",
    "data.test",
  );
  const events = await follow(toyRecipe({ data, method: soft({ alpha: 1 }), epochs: undefined, steps: 2 }));
  expect(events.map(({ kind }) => kind)).toEqual(["begin", "step", "step", "end"]);
});

test("nothing is left behind", () => expect(memory()).toEqual(before));
