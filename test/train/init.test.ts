/** A new run that begins with a student that exists: which one, what of its head, and what is written down of it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { hashFile, loadTensors, saveTensors } from "../../src/checkpoint/index.js";
import { soft } from "../../src/methods/index.js";
import { cosine, sgd } from "../../src/optim/index.js";
import { memory, type Tensor, tidy } from "../../src/torch/index.js";
import { openRunFolder, type Recipe, type RunFolder, type TrainEvent, train } from "../../src/train/index.js";
import { columns, master, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-init-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A run that leaves its weights where they begin: a learning rate of next to nothing. */
const still = (change: Partial<Recipe> = {}): Recipe =>
  toyRecipe({ epochs: 1, optimizer: sgd({ lr: 1e-30 }), schedule: cosine(), student: () => pupil(), ...change });

async function run(recipe: Recipe, init?: string): Promise<{ run: RunFolder; notes: string[] }> {
  const dir = mkdtempSync(join(scratch, "run-"));
  const events: TrainEvent[] = [];
  for await (const event of train(recipe, { dir, init, seed: 9, doctor: false })) events.push(event);
  return { run: openRunFolder(dir), notes: (events[0] as TrainEvent & { kind: "begin" }).notes };
}

/** The values under the keys that `which` lets through, by key. */
const values = (file: string, which = (_: string) => true): Record<string, number[]> =>
  tidy(() =>
    Object.fromEntries(
      [...loadTensors(file)].filter(([key]) => which(key)).map(([key, tensor]) => [key, [...(tensor.data() as Float32Array)]]),
    ),
  );
const isHead = (key: string) => key === "head.weight";
const isTrunk = (key: string) => !key.startsWith("head.");

const { run: first } = await run(toyRecipe({ epochs: 1, ema: 0.9, student: () => pupil() }));

describe("a run's", () => {
  test.each([
    ["student", "", "student"],
    ["average", "#ema", "studentEma"],
    ["best", "#best", "studentBest"],
  ] as const)("%s", async (_, which, file) => {
    const before = memory().tensors;
    const { run: second, notes } = await run(still({ ema: 0.5 }), first.dir + which);
    expect(values(second.student)).toEqual(values(first[file]));
    expect(values(second.studentEma)).toEqual(values(first[file])); // the average begins where the student does
    expect(second.manifest.init).toEqual({ file: first[file], sha256: hashFile(first[file]) });
    expect(second.manifest.weights).toHaveProperty(first[file]);
    expect(notes).toEqual([expect.stringContaining(first[file])]);
    expect(memory().tensors).toBe(before);
  });
});

test("a weight file of any kind, by its path; no teacher, no seed and no draw changes by it", async () => {
  const { run: plain } = await run(still());
  const file = join(scratch, "half.safetensors");
  tidy(() =>
    saveTensors(file, new Map([...loadTensors(first.student)].map(([key, value]): [string, Tensor] => [`module.${key}`, value]))),
  );
  const { run: second } = await run(still(), file);
  expect(values(second.student)).toEqual(values(first.student));
  expect(second.manifest.teachers).toEqual(plain.manifest.teachers);
  expect(plain.manifest.init).toBeNull();
});

describe("a head for other classes is made anew, aloud:", () => {
  test("another number of them", async () => {
    const [train, four] = [columns(60), 4];
    const data = { ...still().data, train: { ...train, classes: ["a", "b", "c", "d"] }, val: undefined };
    const change = {
      data,
      student: () => pupil({ numClasses: four }),
      teachers: [() => master({ numClasses: four })],
      method: soft(),
    };
    const [{ run: plain }, { run: second, notes }] = [await run(still(change)), await run(still(change), first.dir)];
    expect(values(second.student, isTrunk)).toEqual(values(first.student, isTrunk));
    expect(values(second.student, isHead)).toEqual(values(plain.student, isHead));
    expect(notes[1]).toMatch(/^vit: .*\b3\b.*\b4\b/);
  });

  test("as many, but others, or in another order", async () => {
    const { train, ...data } = still().data;
    const classes = ["right", "middle", "left"];
    const { run: second, notes } = await run(
      still({ data: { ...data, train: { ...train, classes }, val: undefined } }),
      first.dir,
    );
    expect(values(second.student, isTrunk)).toEqual(values(first.student, isTrunk));
    expect(values(second.student, isHead)).not.toEqual(values(first.student, isHead));
    expect(notes.slice(1)).toEqual([
      expect.stringContaining("left, middle, right"),
      expect.stringMatching(/^vit: .*\b3\b.*\b3\b/),
    ]);
  });
});

describe("refused with a sentence:", () => {
  const begin = async (init: string, options = {}) => {
    for await (const _ of train(still(), { init, dir: join(scratch, "never"), ...options }));
  };
  const cases: [string, string, object, string, string[]][] = [
    ["with resume", first.dir, { resume: first.dir }, "ERR_USAGE", ["init", "resume"]],
    ["no such file", join(scratch, "gone.pth"), {}, "ERR_FILE", [join(scratch, "gone.pth")]],
  ];
  test.each(cases)("%s", async (_, init, options, code, facts) => {
    const before = memory().tensors;
    await expect(begin(init, options)).rejects.toThrowCode(code, ...facts);
    expect(memory().tensors).toBe(before);
  });

  test("a folder without weights", async () => {
    const [before, folder] = [memory().tensors, mkdtempSync(join(scratch, "x-"))];
    await expect(begin(folder)).rejects.toThrowCode("ERR_WEIGHTS_FORMAT", folder);
    expect(memory().tensors).toBe(before);
  });

  test("an average that the run does not keep", async () => {
    const { run: plain } = await run(still());
    await expect(begin(`${plain.dir}#ema`)).rejects.toThrowCode("ERR_NO_WEIGHTS", plain.dir, /\bema\b/);
  });

  test("another model's weights", async () => {
    const { run: other } = await run(still({ student: () => pupil({ embedDim: 24 }) }));
    await expect(begin(other.dir)).rejects.toThrowCode("ERR_WEIGHTS_MISMATCH", "student.safetensors");
  });
});
