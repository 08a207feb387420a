/** Teachers from files of other tools in a run: the same lessons as the native model of the same weights, and no part of the student. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hashFile } from "../../src/checkpoint/index.js";
import { manifold } from "../../src/methods/index.js";
import { type Model, onnxTeacher, torchScriptTeacher } from "../../src/models/index.js";
import { doctor, plan, Session, type StepReport, train } from "../../src/train/index.js";
import { foreignSpec } from "../../src/train/one-line/foreign-spec.js";
import { namedTeacher } from "../../src/train/one-line/named-teacher.js";
import { recipeText } from "../../src/train/one-line/recipe-text.js";
import { file, native } from "../support/foreign-vit.js";
import { pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-foreign-"));
afterAll(() => rmSync(scratch, { recursive: true }));

// the teacher's colours are ImageNet's, as the native model's
const input = { size: 16, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const taps = { "blocks.0": "hidden_0", "blocks.1": "hidden_1" };
const teachers: Record<string, () => Model> = {
  native,
  onnx: () => onnxTeacher(file("vit.onnx"), { taps, input }),
  torchscript: () => torchScriptTeacher(file("vit-traced.pt"), { taps: ["blocks.0", "blocks.1"], input }),
};

/** Grey pictures of 8×8 in three classes; the teacher sees them at 16×16 in colours, and knows five: its features teach. */
const recipe = (teacher: () => Model) =>
  toyRecipe({
    student: () => pupil({ patchSize: 2 }),
    teachers: [teacher],
    method: manifold({ layers: [[0, "blocks.0"], [1, "blocks.1"]], samples: 16, alpha: 0 }), // biome-ignore format: two pairs
    epochs: undefined,
    steps: 4,
    evalEvery: 4,
  });

async function lossesUnder(teacher: () => Model): Promise<number[]> {
  using session = Session.open(recipe(teacher), { seed: 3, device: "cpu" });
  const reports: StepReport[] = [];
  for await (const batch of session.loader.epoch(0)) reports.push(session.step(batch, 1e-3));
  return reports.map(({ loss }) => loss);
}

test("the same losses as under the native teacher, step by step", async () => {
  const expected = await lossesUnder(teachers.native);
  for (const make of [teachers.onnx, teachers.torchscript]) {
    const losses = await lossesUnder(make);
    expect(losses).toHaveLength(expected.length);
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - expected[i])).toBeLessThan(1e-4 * expected[i]);
  }
});

test("a whole run, with the file's SHA-256 in its manifest and nothing of it in the student", async () => {
  const dir = join(scratch, "run");
  const kinds = new Set<string>();
  for await (const event of train(recipe(teachers.onnx), { dir, seed: 3 })) kinds.add(event.kind);
  expect(kinds).toContain("end");
  const { weights } = JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8"));
  expect(weights[file("vit.onnx")]).toBe(hashFile(file("vit.onnx")));
  const { teachers: described } = JSON.parse(readFileSync(join(dir, "recipe.resolved.json"), "utf8"));
  expect(described[0]).toMatchObject({ name: "vit.onnx", family: "onnx", layers: ["blocks.0", "blocks.1"] });
});

test("plan and doctor take it for a teacher; its multiply-accumulates are not known", async () => {
  const made = await plan(recipe(teachers.torchscript));
  expect(made.teachers[0]).toMatchObject({
    name: "vit-traced.pt",
    family: "torchscript",
    macs: null,
    grid: [4, 4],
    prefixTokens: 1,
  });
  expect(made.method.meetings[0]).toMatchObject({ grid: [4, 4], teacher: { width: 8 } });
  const { severity, findings } = await doctor(recipe(teachers.torchscript), { images: 20 });
  expect(severity).not.toBe("refuse");
  expect(findings.find(({ check }) => check === "weights")).toMatchObject({ severity: "ok", numbers: { parameters: 0 } });
});

test("it cannot be a student", () =>
  expect(() => Session.open({ ...recipe(native), student: teachers.torchscript }, { seed: 0, device: "cpu" })).toThrowCode(
    "ERR_METHOD_CONTRACT",
    "vit-traced.pt",
    "vit-distill models",
  ));

test("is named by its file, and by what the file does not say", () => {
  expect(foreignSpec("cait_s24_224=S24_224.pth")).toBeUndefined();
  expect(foreignSpec("cait_s24_224")).toBeUndefined();
  expect(foreignSpec("t.onnx")).toEqual({ make: "onnxTeacher", file: "t.onnx", options: {} });
  expect(foreignSpec("t.pt?size=224")).toMatchObject({
    make: "torchScriptTeacher",
    file: "t.pt",
    options: { input: { size: 224 } },
  });
  expect(
    foreignSpec(
      "m=a/t.onnx?size=16&mean=0.5,0.4,0.3&std=1&crop=0.9&interpolation=bilinear&logits=y:0&batch=4&taps=h,a=/b/Add+1_0",
    ),
  ).toEqual({
    make: "onnxTeacher",
    file: "a/t.onnx",
    options: {
      name: "m",
      input: { size: 16, mean: [0.5, 0.4, 0.3], std: [1], crop: 0.9, interpolation: "bilinear" },
      logits: "y:0",
      batch: 4,
      taps: { h: "h", a: "/b/Add+1_0" },
    },
  });
});

test.each([
  ["t.onnx?tap=a", "ERR_UNKNOWN_OPTION", '"tap"', '"taps"'],
  ["t.onnx?size=big", "ERR_INVALID_OPTION", "size", '"big"'],
  ["t.onnx?size=0", "ERR_INVALID_OPTION", "size", '"0"'],
  ["t.onnx?mean=", "ERR_INVALID_OPTION", "mean", '""'],
  ["t.onnx?interpolation=nearest", "ERR_INVALID_OPTION", "interpolation", "bicubic", "bilinear", '"nearest"'],
])("%s is refused in a sentence", (given, code, ...facts) => {
  expect(() => foreignSpec(given)).toThrowCode(code, ...facts);
});

test("without a recipe it is written into one, with what was assumed", () => {
  const { info, assumed, written, trunk } = namedTeacher(`${file("vit.onnx")}?taps=hidden_0`);
  expect(info.numClasses).toBe(5);
  expect(assumed).toEqual([expect.stringMatching(/does not say in which colours/)]);
  expect(trunk).toBeNull();
  const choice = <T>(value: T) => ({ value, why: "" });
  const text = recipeText({
    title: "T.",
    name: "t",
    data: { path: "d", channels: 3, seed: 0 },
    splits: ["train"],
    student: { model: "deit_tiny_patch16_224", options: {}, weights: [] },
    teachers: [written()],
    method: choice({ make: "soft", options: {} }),
    strength: choice({ name: "light" as const, augment: {}, mix: null }),
    batch: choice(8),
    maxBad: 0.05,
    epochs: choice(1),
    evalEvery: 1,
    rate: choice(1e-3),
    weightDecay: 0,
    warmupEpochs: 0,
    parts: choice(1),
    gather: false,
  });
  expect(text).toMatch(/import \{[^}]*onnxTeacher/);
  expect(text).toContain(
    `onnxTeacher("${file("vit.onnx")}", { taps: { hidden_0: "hidden_0" }, input: { size: 16, channels: 3, mean: [0.485, 0.456, 0.406]`,
  );
});
