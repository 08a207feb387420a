import { copyFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { imageFolder, inspectData, unlabelledFolder } from "../../src/data/index.js";
import { verify } from "../../src/data/vips.js";
import { damagedFiles } from "../../tools/corpus/pictures.js";
import { asFolder, classNames, corpus } from "./forms.js";
import { toy } from "./toy.js";

test("a survey tells classes, unusable and odd pictures, and those that lie in two splits", async () => {
  const train = asFolder(await corpus(30, { damage: true }));
  const val = asFolder((await corpus(40)).filter(({ name }) => Number.parseInt(name.split("-")[1], 10) >= 30));
  const [leaked] = readdirSync(join(train, classNames[0])).filter((name) => name.startsWith("photo"));
  copyFileSync(join(train, classNames[0], leaked), join(val, classNames[1], "copy.jpg"));
  copyFileSync(join(train, classNames[0], leaked), join(train, classNames[0], "twice.jpg"));

  const seen: string[] = [];
  const survey = await inspectData(
    { train: imageFolder(train), val: imageFolder(val), test: undefined },
    { onPicture: (split, done, of) => done === of && seen.push(`${split} ${of}`) },
  );
  expect(seen).toEqual(["train 40", "val 11"]);
  expect(survey.splits.train.classes).toEqual({ "class 1": 14, "class 2": 13, "class 10": 13 });
  const reasons = Object.fromEntries(survey.splits.train.bad.map(({ name, reason }) => [basename(name), reason]));
  const damaged = await damagedFiles();
  expect(Object.keys(reasons).sort()).toEqual(Object.keys(damaged).sort());
  for (const [name, bytes] of Object.entries(damaged))
    await expect(verify(bytes, name)).rejects.toThrow(expect.objectContaining({ message: reasons[name] }));
  expect(survey.splits.train.kinds).toMatchObject({ grey: 3, CMYK: 3, "16-bit": 3, alpha: 3, turned: 3, misnamed: 1 });
  expect(survey.splits.train.sides[0]).toBe(1);
  expect(survey.duplicates).toHaveLength(2);
  expect(survey.leaks).toEqual([
    {
      first: { split: "train", name: join(train, classNames[0], leaked) },
      second: { split: "val", name: join(val, classNames[1], "copy.jpg") },
    },
  ]);
});

test("a survey of a part, of pixels, and without labels", async () => {
  const { splits } = await inspectData({ train: toy([4, 2]) }, { most: 3 });
  expect(splits.train).toMatchObject({ n: 6, seen: 3, kinds: { pixels: 3 }, sides: [4, 5], bad: [] });
  const bare = await inspectData({ train: unlabelledFolder(asFolder(await corpus(3))) });
  expect(bare.splits.train).toMatchObject({ n: 3, seen: 3, classes: {} });
});
