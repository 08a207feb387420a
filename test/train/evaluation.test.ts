/** Evaluation: its numbers by their definitions, pictures that do not count, and the files that a run leaves. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { summaryText } from "../../src/cli/summary.js";
import { Loader, Rng, subset } from "../../src/data/index.js";
import { none, soft } from "../../src/methods/index.js";
import { manualSeed, memory, type Tensor } from "../../src/torch/index.js";
import {
  agreement,
  calibrationError,
  classScores,
  confusion,
  type EndEvent,
  type EvalEvent,
  evaluate,
  missed,
  openRunFolder,
  type Recipe,
  type Report,
  reliability,
  train,
  writeReports,
} from "../../src/train/index.js";
import { columns, cut, damaged, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-evaluation-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;
const fresh = () => join(scratch, String(folders++));

/** Answers to `n` pictures in `classes` classes, some of them unusable. */
function drawn(seed: number, n = 500, classes = 4) {
  const rng = Rng.from(seed);
  const predictions = Int32Array.from({ length: n }, () => (rng.next() < 0.1 ? -1 : rng.int(classes)));
  return { predictions, confidences: Float32Array.from(predictions, () => rng.next()) };
}
const labels = Int32Array.from({ length: 500 }, (_, i) => i % 4);
const known = <T>(answers: { predictions: Int32Array }, of: (i: number) => T): T[] =>
  [...answers.predictions.keys()].filter((i) => answers.predictions[i] >= 0).map(of);

describe("by their definitions", () => {
  test("calibration: 15 bins, open below and closed above, and the weighted mean of their gaps", () => {
    const answers = drawn(1);
    const bins = reliability(answers, labels);
    const sample = known(answers, (i) => ({ confidence: answers.confidences[i], right: answers.predictions[i] === labels[i] }));
    const literal = Array.from({ length: 15 }, (_, m) =>
      sample.filter(({ confidence }) => confidence > m / 15 && confidence <= (m + 1) / 15),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const gap = (bin: typeof sample) =>
      mean(bin.map(({ right }) => Number(right))) - mean(bin.map(({ confidence }) => confidence));
    expect(bins.map(({ pictures }) => pictures)).toEqual(literal.map((bin) => bin.length));
    const error = literal.reduce((sum, bin) => sum + (bin.length / sample.length) * Math.abs(gap(bin)), 0);
    expect(calibrationError(bins)).toBeCloseTo(error, 12);
    expect(bins[3].accuracy! - bins[3].confidence!).toBeCloseTo(gap(literal[3]), 12);
  });

  test("calibration at the edges: 0, 1, a little more than 1, and what is no number", () => {
    const predictions = Int32Array.of(0, 0, 0, 0, -1);
    const all = { predictions, confidences: Float32Array.of(0, 1, 1.0000001, 0.99, 0.5) };
    const bins = reliability(all, new Int32Array(5));
    expect([bins[0].pictures, bins[14].pictures, bins[7]]).toEqual([1, 3, { from: 7 / 15, to: 8 / 15, pictures: 0, confidence: null, accuracy: null }]); // biome-ignore format: one line
    const odd = { predictions, confidences: Float32Array.of(Number.NaN, 1, 1, 1, 1) };
    expect(calibrationError(reliability(odd, new Int32Array(5)))).toBeNaN();
    const sure = { predictions, confidences: new Float32Array(5).fill(1) };
    expect(calibrationError(reliability(sure, new Int32Array(5)))).toBe(0);
    expect(calibrationError(reliability(sure, new Int32Array(5).fill(1)))).toBe(1);
  });

  test("confusion and classes, as from a whole matrix", () => {
    const answers = drawn(2);
    const names = ["a", "b", "c", "d", "never"];
    const entries = confusion(answers.predictions, labels);
    const count = (label: number, named: number) =>
      known(answers, (i) => labels[i] === label && answers.predictions[i] === named).filter(Boolean).length;
    const dense = names.flatMap((_, label) => names.map((_, named) => [label, named, count(label, named)]));
    expect(entries).toEqual(dense.filter(([, , pictures]) => pictures > 0));
    const scores = classScores(entries, names);
    for (const { label, pictures, right, named, accuracy, precision } of scores.slice(0, 4)) {
      expect(pictures).toBe(known(answers, (i) => labels[i] === label).filter(Boolean).length);
      expect(named).toBe(answers.predictions.filter((prediction) => prediction === label).length);
      expect([right, accuracy, precision]).toEqual([count(label, label), right / pictures, right / named]);
    }
    expect(scores[4]).toEqual({ label: 4, name: "never", pictures: 0, right: 0, named: 0, accuracy: null, precision: null });
  });

  test("agreement and what the teacher alone has right count only what both were shown", () => {
    const [student, teacher] = [drawn(3), drawn(4)];
    const both = [...labels.keys()].filter((i) => student.predictions[i] >= 0 && teacher.predictions[i] >= 0);
    const same = both.filter((i) => student.predictions[i] === teacher.predictions[i]);
    expect(agreement(student.predictions, teacher.predictions)).toBe(same.length / both.length);
    const { count, pictures } = missed(student, teacher, labels, (i) => `${i}.png`);
    const wanted = both.filter((i) => teacher.predictions[i] === labels[i] && student.predictions[i] !== labels[i]);
    expect(count).toBe(wanted.length);
    expect(pictures.map(({ picture }) => picture).sort((a, b) => a - b)).toEqual(wanted);
    const sureness = pictures.map(({ student: { confidence } }) => confidence);
    expect(sureness).toEqual([...sureness].sort((a, b) => b - a));
    const [{ picture: i, ...first }] = pictures;
    expect(first).toEqual({
      name: `${i}.png`,
      label: labels[i],
      student: { prediction: student.predictions[i], confidence: student.confidences[i] },
      teacher: { prediction: labels[i], confidence: teacher.confidences[i] },
    });
  });

  test("of many missed pictures a thousand are listed and all are counted", () => {
    const n = 2500;
    const of = (prediction: number) => ({ predictions: new Int32Array(n).fill(prediction), confidences: Float32Array.from({ length: n }, (_, i) => (i % 7) / 7) }); // biome-ignore format: one line
    const { count, pictures } = missed(of(1), of(0), new Int32Array(n), String);
    expect([count, pictures.length]).toEqual([2500, 1000]);
    expect(pictures.slice(0, 3).map(({ picture }) => picture)).toEqual([6, 13, 20]); // the surest, then by number
  });
});

describe("evaluate", () => {
  const bad = [0, 7, 8, 9, 29];
  const usable = [...Array(30).keys()].filter((i) => !bad.includes(i));
  const loaderOf = (data: ReturnType<typeof columns> | ReturnType<typeof damaged>, batchSize = 4) =>
    new Loader(data, { batchSize, augment: cut, maxBad: 1 });

  test("pictures that cannot be used do not count, nor do those that stand in their places", async () => {
    const before = memory();
    manualSeed(2);
    const model = pupil();
    const told: string[] = [];
    const found = await evaluate(model, loaderOf(damaged(30, bad, 1)), { onBad: ({ name }) => told.push(name) });
    const rest = await evaluate(model, loaderOf(subset(columns(30, 1), usable)));
    expect(told.sort()).toEqual(bad.map((i) => `1/${i}.png`).sort());
    expect([found.pictures, found.unusable, rest.unusable]).toEqual([25, 5, 0]);
    expect([...usable.map((i) => found.predictions[i])]).toEqual([...rest.predictions]);
    expect(bad.map((i) => found.predictions[i])).toEqual(bad.map(() => -1));
    for (const name of ["top1", "top5", "loss", "ece"] as const) expect(found[name]).toBeCloseTo(rest[name], 6);
    expect(model.training).toBe(true);
    model.dispose();
    expect(memory()).toEqual(before);
  });

  test("a batch of unusable pictures alone is passed over; a model of few classes has fewer than five first ones", async () => {
    using model = pupil();
    const found = await evaluate(model, loaderOf(damaged(12, [4, 5, 6, 7], 1)));
    expect([found.pictures, found.top5]).toEqual([8, 1]);
  });

  test("confidence is the softmax probability of the class named", async () => {
    using model = pupil();
    const { predictions, confidences } = await evaluate(model, loaderOf(columns(6), 6));
    const kept: Float32Array[] = [];
    const forward = model.forward.bind(model);
    model.forward = (images: Tensor, options?: object) => {
      const output = forward(images, options as never);
      kept.push(output.logits.softmax(-1).data().slice() as Float32Array);
      return output;
    };
    await evaluate(model, loaderOf(columns(6), 6));
    expect([...confidences]).toEqual([...predictions].map((named, i) => kept[0][3 * i + named]));
  });
});

async function run(change: Partial<Recipe>, dir = fresh()) {
  let end: EndEvent | undefined;
  const verdicts: EvalEvent[] = [];
  for await (const event of train(toyRecipe(change), { dir })) {
    if (event.kind === "eval") verdicts.push(event);
    if (event.kind === "end") end = event;
  }
  return { dir, verdicts, end: end! };
}

const report = (dir: string, name: string): Report => JSON.parse(readFileSync(join(dir, "evaluation", `${name}.json`), "utf8"));

describe("a run leaves", () => {
  test("evaluations in full, and a summary of all of them", async () => {
    const data = { ...toyRecipe().data, val: damaged(30, [4], 1), evalAugment: cut, workers: 0 };
    const { dir, verdicts, end } = await run({ ema: 0.5, method: soft({ alpha: 0.5 }), data });
    expect(readdirSync(join(dir, "evaluation")).sort()).toEqual(
      ["student-ema", "student", "teacher-cait"].flatMap((who) =>
        ["classes.csv", "confusion.csv", "json", ...(who.startsWith("student") ? ["missed.csv"] : [])].map(
          (end) => `val.${who}.${end}`,
        ),
      ),
    );
    const last = verdicts.findLast(({ weights }) => weights === "ema")!;
    const { kind, time, epoch, weights, ...scores } = last;
    const told = report(dir, "val.student-ema");
    expect(told).toMatchObject({ who: "student (ema)", ...scores, pictures: 29, unusable: 1 });
    expect(calibrationError(told.bins)).toBeCloseTo(last.ece, 12);
    expect(told.classes.map(({ name, pictures }) => [name, pictures])).toEqual([["left", 10], ["middle", 9], ["right", 10]]); // biome-ignore format: one line
    const right = told.classes.reduce((sum, score) => sum + score.right, 0);
    expect(right / 29).toBeCloseTo(last.top1, 12);
    expect(told.missed!.pictures.map(({ name }) => name).every((name) => /^1\/\d+\.png$/.test(name))).toBe(true);
    const csv = readFileSync(join(dir, "evaluation", "val.student-ema.missed.csv"), "utf8").split("\n");
    expect(csv[0]).toBe("picture,name,class,student,student confidence,teacher,teacher confidence");
    expect(csv).toHaveLength(told.missed!.pictures.length + 2);

    const { summary } = end;
    expect(openRunFolder(dir).summary).toEqual(summary);
    expect(summary).toMatchObject({ name: "toy", finished: true, step: 15, steps: 15, epochs: 3, hasTest: false });
    expect(summary.last.map(({ who, epoch: at, step }) => [who, at, step])).toEqual([["student", 3, 15], ["student (ema)", 3, 15]]); // biome-ignore format: one line
    expect(summary.last[1]).toMatchObject({ top1: last.top1, agreement: last.agreement, unusable: 1 });
    const highest = Math.max(...verdicts.map(({ top1 }) => top1));
    const first = verdicts.find(({ top1 }) => top1 === highest)!;
    expect(summary.best).toMatchObject({
      top1: highest,
      epoch: first.epoch,
      who: first.weights === "raw" ? "student" : "student (ema)",
    });
    expect(summary.teacher).toMatchObject({ who: "teacher cait", epoch: null });
    expect(summary.pace!.imagesPerSecond).toBeGreaterThan(0);
    expect(Date.parse(summary.ended)).toBeGreaterThanOrEqual(Date.parse(summary.begun));
  });

  test("the same without teacher, validation split or labels of its own, as far as there is anything to say", async () => {
    const alone = { teachers: [], method: none(), epochs: 1 };
    const { dir, end } = await run(alone);
    expect(readdirSync(join(dir, "evaluation"))).not.toContain("val.student.missed.csv");
    expect(end.summary.teacher).toBe(null);
    expect(end.summary.last[0].agreement).toBe(undefined);
    const { data } = toyRecipe();
    const blind = await run({ ...alone, data: { ...data, val: undefined } });
    expect(existsSync(join(blind.dir, "evaluation"))).toBe(false);
    expect(blind.end.summary).toMatchObject({ last: [], best: null, teacher: null });
    expect(summaryText(blind.end.summary, "runs/x")).toMatch(/^[\d.]+ img\/s.* [\d.]+ %/);
  });

  test("a summary of an interrupted run, which the rest of it replaces", async () => {
    const stop = new AbortController();
    const dir = fresh();
    for await (const event of train(toyRecipe(), { dir, signal: stop.signal }))
      if (event.kind === "step" && event.step === 7) stop.abort();
    expect(openRunFolder(dir).summary).toMatchObject({ finished: false, step: 7, last: [{ epoch: 1, step: 5 }] });
    expect(report(dir, "val.student").step).toBe(5);
    for await (const _ of train(toyRecipe(), { resume: dir }));
    expect(openRunFolder(dir).summary).toMatchObject({ finished: true, step: 15, last: [{ epoch: 3, step: 15 }] });
    expect(report(dir, "val.student").step).toBe(15);
    for await (const _ of train(toyRecipe(), { resume: dir })); // with nothing left to do
    expect(openRunFolder(dir).summary).toMatchObject({ finished: true, last: [{ step: 15 }], teacher: { who: "teacher cait" } });
  });
});

test("the table of a summary", () => {
  const scores = { top1: 0.5, top5: 1, loss: 1.25, ece: 0.0625, pictures: 29, unusable: 1 };
  const summary = {
    name: "toy",
    finished: true,
    step: 15,
    steps: 15,
    epochs: 3,
    begun: "",
    ended: "",
    milliseconds: 1000,
    pace: { imagesPerSecond: 1234.5, dataShare: 0.015, teacherShare: 0.25 },
    teacher: { who: "teacher cait", epoch: null, step: null, ...scores },
    last: [{ who: "student", epoch: 3, step: 15, ...scores, agreement: 0.75 }],
    best: { who: "student", epoch: 2, step: 10, ...scores, top1: 0.625, agreement: 0.75 },
    hasTest: true,
  };
  const lines = summaryText(summary, "runs/toy").split("\n");
  expect(lines.slice(0, 5).join("\n")).toBe(`\
val            epoch    top-1     top-5    loss     ECE  agreement
─────────────  ─────  ───────  ────────  ──────  ──────  ─────────
teacher cait       –  50.00 %  100.00 %  1.2500  6.25 %          –
student, last      3  50.00 %  100.00 %  1.2500  6.25 %    75.00 %
student, best      2  62.50 %  100.00 %  1.2500  6.25 %    75.00 %`);
  expect(lines.slice(5)).toEqual([
    expect.stringMatching(/\b29\b.*\b1\b/),
    expect.stringMatching(/\b1235 img\/s.*\b1\.50 %.*\b25\.00 %/),
    expect.stringContaining("vit-distill eval runs/toy"),
  ]);
  expect(summaryText({ ...summary, best: summary.last[0] }, "runs/toy")).toMatch(/student, last and best +3 .*\n29 /);
});

test("names in a table of values keep their commas and quotes", () => {
  const folder = fresh();
  const answers = { predictions: Int32Array.of(1), confidences: Float32Array.of(0.5) };
  const pairs = confusion(answers.predictions, Int32Array.of(0));
  const told: Report = {
    who: "teacher a/b (1)",
    split: "test",
    step: null,
    top1: 0,
    top5: 1,
    loss: 1,
    ece: 0.5,
    pictures: 1,
    unusable: 0,
    bins: reliability(answers, Int32Array.of(0)),
    classes: classScores(pairs, ["boat, ship", '17" wheel']),
    confusion: pairs,
  };
  const files = writeReports(folder, [told]);
  expect(files.map((file) => file.slice(folder.length + 1))).toEqual(["test.teacher-a-b-1.json", "test.teacher-a-b-1.classes.csv", "test.teacher-a-b-1.confusion.csv"]); // biome-ignore format: one line
  expect(readFileSync(files[2], "utf8")).toBe('class,named,pictures\n"boat, ship","17"" wheel",1\n');
  expect(readFileSync(files[1], "utf8")).toContain('0,"boat, ship",1,0,0,0,\n');
  expect(() => writeReports("/proc/none", [told])).toThrowCode("ERR_FILE", "/proc/none");
});
