/** The same pictures give the same batches, bit for bit, whatever files they come in and however many threads read them. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compose, flip, normalise, randomErasing, randomResizedCrop } from "../../src/augment/index.js";
import {
  classCounts,
  type Dataset,
  dismissWorkers,
  imageFolder,
  imageTable,
  Loader,
  parquetImages,
  stratifiedSplit,
  tarShards,
} from "../../src/data/index.js";
import { asFolder, asParquet, asTable, asTar, classNames, corpus, temporary } from "./forms.js";

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const augment = compose([
  randomResizedCrop({ size: 16 }),
  flip(),
  normalise(half),
  randomErasing({ probability: 0.5, mode: "pixel" }),
]);

const loader = (dataset: Dataset, workers: number) =>
  new Loader(dataset, { batchSize: 8, augment, shuffle: true, seed: 4, workers, maxBad: 0.5 });

interface Told {
  batches: string[]; // of pictures and labels
  bad: string[];
}

async function told(dataset: Dataset, workers: number, { from = 0 } = {}): Promise<Told> {
  const all: Told = { batches: [], bad: [] };
  for await (const { images, labels, bad } of loader(dataset, workers).epoch(1, { from })) {
    all.batches.push(createHash("sha256").update(images).update(labels.join()).digest("hex"));
    all.bad.push(...bad.map(({ name, reason }) => `${name}: ${reason}`));
  }
  return all;
}

const forms: Record<string, Dataset> = {};
let reference: Told;

beforeAll(async () => {
  const members = await corpus(30, { damage: true });
  forms.folder = imageFolder(asFolder(members));
  forms.CSV = imageTable(asTable(members));
  forms["JSON lines"] = imageTable(asTable(members, "jsonl"));
  forms["tar shards"] = tarShards(await asTar(members), { classes: classNames });
  forms.parquet = await parquetImages(asParquet(members), { cache: temporary() });
  reference = await told(forms.folder, 0);
});
afterAll(dismissWorkers);

describe.each(["folder", "CSV", "JSON lines", "tar shards", "parquet"])("%s", (form) => {
  test("has the same samples in the same order", () => {
    expect(forms[form].classes).toEqual(classNames);
    expect(classCounts(forms[form])).toEqual([13, 13, 13]);
    expect(forms[form].labels).toEqual(forms.folder.labels);
  });

  test.each([0, 1, 2])("gives the same batches with %i workers, each damaged file named once", async (workers) => {
    const { batches, bad } = await told(forms[form], workers);
    expect(batches).toEqual(reference.batches);
    expect(bad.map((line) => line.split(": ").at(-1))).toEqual(reference.bad.map((line) => line.split(": ").at(-1)));
    expect(bad).toHaveLength(6);
  });

  test.each([0, 2])("goes on in mid-epoch with the next sample, with %i workers", async (workers) => {
    expect((await told(forms[form], workers, { from: 2 })).batches).toEqual(reference.batches.slice(2));
  });

  test("splits alike", async () => {
    const { train } = stratifiedSplit(forms[form], { validation: 0.2, seed: 5 });
    const { train: same } = stratifiedSplit(forms.folder, { validation: 0.2, seed: 5 });
    expect((await told(train, 0)).batches).toEqual((await told(same, 1)).batches);
  });
});
