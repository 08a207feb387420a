/** A user's folder of pictures, some of them damaged, goes in, and an evaluated student comes out. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { saveTensors } from "../../src/checkpoint/index.js";
import { createModel } from "../../src/models/index.js";
import { drawFile } from "../../tools/corpus/pictures.js";
import { expectError } from "../support/command-errors.js";
import { folderWith, vitDistill } from "./command.js";

const folder = folderWith({});
const run = (...args: string[]) => vitDistill(args, folder);
const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");
const student = ["--student", "convnet_tiny_28"];
const teacher = (file: string) => ["--teacher", `convnet_small_28=${file}`];

beforeAll(async () => {
  const classes = ["cat 2", "cat 10", "dog"];
  for (const name of classes) mkdirSync(join(folder, "photos", name), { recursive: true });
  mkdirSync(join(folder, "bare"));
  for (let i = 0; i < 48; i++) {
    const { name, bytes } = await drawFile(i, { seed: 0, classes: 3, most: 48 });
    writeFileSync(join(folder, "photos", classes[i % 3], name), bytes);
    if (i < 20) writeFileSync(join(folder, "bare", name), bytes);
    if (i === 0) writeFileSync(join(folder, "photos", "dog", "truncated.jpg"), bytes.subarray(0, 200));
  }
  writeFileSync(join(folder, "photos", "dog", "nothing.png"), "");
  for (const [file, numClasses] of [
    ["seven.safetensors", 7],
    ["three.safetensors", 3],
  ] as const) {
    using model = createModel("convnet_small_28", { numClasses });
    saveTensors(join(folder, file), model.stateDict());
  }
});

test("a teacher of other classes gets a head, the student is trained and evaluated, and the written recipe runs to the same student", async () => {
  const args = ["--data", "photos", ...teacher("seven.safetensors"), ...student, "--teacher-head", "probe", "--epochs", "2"];
  const { code, err } = await run("distill", ...args, "--out", "runs/x", "--workers", "1");
  expect(err).toMatch(/epochs: 2\b/);
  expect(err).toMatch(/\bconvnet_small_28\b.*\b44\b.* [\d.]+ %/);
  expect(err).toMatch(/\bruns\/x\/student\.safetensors/);
  expect(code).toBe(0);
  for (const name of ["truncated.jpg", "nothing.png"]) {
    expect(read("runs/x/train.log").split(name)).toHaveLength(2);
    expect(err.split(`${name}:`)).toHaveLength(2);
  }
  expect(JSON.parse(read("runs/x/classes.json"))).toEqual(["cat 2", "cat 10", "dog"]);
  expect(readdirSync(join(folder, "runs/x"))).toContain("teacher-head.safetensors");

  const { out } = await run("eval", "runs/x", "--split", "val", "--json");
  const judged = JSON.parse(out).verdicts.map(({ who }: { who: string }) => who);
  expect(judged.slice(0, 2)).toEqual(["teacher convnet_small_28", "student"]); // and the best, where it is not the last

  expect((await run("train", "runs/x/recipe.ts", "--dir", "runs/again")).code).toBe(0);
  const weights = (dir: string) => readFileSync(join(folder, dir, "student.safetensors"));
  expect(weights("runs/again").equals(weights("runs/x"))).toBe(true);

  const shown = await run("preview", "runs/x/recipe.ts", "--out", "sheet.png", "--pictures", "4");
  expect(shown.out).toMatch(/\bconvnet_tiny_28\b.*\bconvnet_small_28\b.*\b28×28/);
  expect(await sharp(join(folder, "sheet.png")).metadata()).toMatchObject({ format: "png", width: 616, height: 218 });
});

test("a model is fine-tuned into a teacher that needs no new head", async () => {
  const from = ["--model", "convnet_small_28", "--weights", "seven.safetensors", "--epochs", "1"];
  const { code, err } = await run("finetune", "--data", "photos", ...from, "--out", "runs/tuned");
  expect(err).toMatch(/head: .*\b3\b.*\b7\b/);
  expect(code).toBe(0);
  const { out } = await run("distill", "--data", "photos", ...teacher("runs/tuned/student.safetensors"), ...student, "--dry-run");
  expect(out).toMatch(/method: manifold\(\{ layers: .*, alpha: 1 \}\)/);
});

test("pictures without labels teach by the teacher's word alone", async () => {
  const args = ["--data", "bare", ...teacher("three.safetensors"), ...student, "--method", "soft", "--epochs", "1"];
  const { code, err } = await run("distill", ...args, "--out", "runs/bare");
  expect(err).toMatch(/data: .*\b20\b/);
  expect(err).not.toMatch(/task/);
  expect(code).toBe(0);
});

const trained = teacher("three.safetensors");

test.each<[string, string[], string, string[]]>([
  ["no teacher's weights", ["photos", "--teacher", "convnet_small_28", ...student], "ERR_NO_WEIGHTS", ["convnet_small_28=FILE"]],
  [
    "a misspelt student",
    ["photos", ...teacher("seven.safetensors"), "--student", "convnet_tiny"],
    "ERR_UNKNOWN_MODEL",
    ['"convnet_tiny"'],
  ],
  [
    "a method that there is not",
    ["photos", ...trained, ...student, "--method", "manifolds"],
    "ERR_UNKNOWN_METHOD",
    ['"manifolds"', '"manifold"'],
  ],
  [
    "answers about other classes",
    ["photos", ...teacher("seven.safetensors"), ...student, "--method", "soft"],
    "ERR_CLASSES",
    ["convnet_small_28", "--teacher-head probe"],
  ],
  ["no pictures", ["nowhere", ...trained, ...student], "ERR_DATA_NOT_FOUND", ["nowhere"]],
  ["a batch of none", ["photos", ...trained, ...student, "--batch", "0"], "ERR_USAGE", ["--batch", "'0'", "1"]],
])("%s: one sentence, and no folder", async (_, args, code, facts) => {
  const ended = await run("distill", "--data", ...args, "--out", "runs/refused");
  expectError(ended.err, code, ...facts);
  expect(ended.err.trim().split("\n")).toHaveLength(1);
  expect(ended.out).toBe("");
  expect(ended.code).toBeGreaterThan(0);
  expect(existsSync(join(folder, "runs/refused"))).toBe(false);
});
