/** What trainers of distillation have lost in silence when they were resumed, and what their files held too much: one test for each. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashTensors, loadCheckpoint, loadTensors } from "../../src/checkpoint/index.js";
import { defineMethod } from "../../src/methods/index.js";
import { crossEntropy, klDiv, Linear } from "../../src/nn/index.js";
import { LossScaler } from "../../src/optim/index.js";
import { rand, tidy } from "../../src/torch/index.js";
import { openRunFolder, type Recipe, Session, type StepEvent, type TrainOptions, train } from "../../src/train/index.js";
import { restoreProgress, saveProgress } from "../../src/train/resume.js";
import { pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-faults-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Something of every kind: dropout and drop-path, a projection, draws of the method's own, an average, a warm-up and a cosine, two epochs. */
const everything = (): Recipe =>
  toyRecipe({
    epochs: 2,
    ema: 0.8,
    clip: 0.5,
    method: defineMethod({
      name: "everything",
      extras: () => new Linear(3, 3),
      loss({ student, teacher, targets, generator }, projection) {
        const noise = rand([targets.shape[0], 3], { generator }).mul(0.1);
        return {
          task: crossEntropy(student.logits, targets),
          hint: klDiv(student.logits.pipe(projection).add(noise), teacher.logits),
        };
      },
    }),
    keep: { last: 1, every: 1e9, best: false },
  });

async function run({ stopAfter, ...options }: TrainOptions & { stopAfter?: number }) {
  const controller = new AbortController();
  const steps: StepEvent[] = [];
  for await (const event of train(everything(), { doctor: false, ...options, signal: controller.signal })) {
    if (event.kind !== "step") continue;
    steps.push(event);
    if (event.step === stopAfter) controller.abort();
  }
  return steps;
}

/** The last checkpoint: a hash of each part's tensors, and its plain values. */
function parts(dir: string): Record<string, unknown> {
  const folder = join(dir, "checkpoints");
  const name = readdirSync(folder).find((name) => /^step-\d+\.json$/.test(name))!;
  return tidy(() => {
    const { groups, state } = loadCheckpoint<{ parts: Record<string, unknown> }>(join(folder, name));
    return Object.fromEntries(Object.entries(groups).map(([part, tensors]) => [part, [hashTensors(tensors), state.parts[part]]]));
  });
}

describe("a run that was stopped in mid-epoch and resumed has, at its end, the uninterrupted run's", () => {
  const [whole, resumed] = ["whole", "resumed"].map((name) => join(scratch, name));
  let steps: Record<"whole" | "resumed", StepEvent[]>;
  beforeAll(async () => {
    steps = {
      whole: await run({ dir: whole, seed: 3 }),
      resumed: [...(await run({ dir: resumed, seed: 3, stopAfter: 3 })), ...(await run({ resume: resumed }))],
    };
  });

  test.each(["student", "extras", "ema", "optimizer", "random"])("%s", (part) => {
    expect(parts(resumed)[part]).toEqual(parts(whole)[part]);
  });

  test("and no part besides: one more would be one that is not looked at here", () => {
    expect(Object.keys(parts(whole))).toEqual(["student", "extras", "ema", "optimizer", "random"]);
  });

  test.each(["step", "epoch", "lr", "terms", "gradNorm"] as const)("%s in every step", (field) => {
    expect(steps.resumed.map((step) => step[field])).toEqual(steps.whole.map((step) => step[field]));
  });

  test("average, which is another than the student's weights", () => {
    const { student, studentEma } = openRunFolder(resumed);
    const hash = (file: string) => tidy(() => hashTensors(loadTensors(file)));
    expect(hash(studentEma)).toBe(hash(openRunFolder(whole).studentEma));
    expect(hash(studentEma)).not.toBe(hash(student));
  });

  test("student alone in student.safetensors: no teacher, no projection, no moments", () => {
    using bare = pupil();
    const saved = tidy(() => [...loadTensors(openRunFolder(resumed).student).keys()]);
    expect(saved.sort()).toEqual([...bare.stateDict().keys()].sort());
  });
});

test("the loss scale, which only a GPU has", () => {
  const open = (scale: number) =>
    Object.assign(Session.open(everything(), { seed: 0, device: "cpu" }), { scaler: new LossScaler({ init: scale }) });
  using before = open(8);
  using after = open(1024);
  before.scaler.update({ overflowed: true });
  const path = join(scratch, "scaled.json");
  saveProgress(path, before, { step: 1, looked: 0, best: null, skipped: 0 });
  restoreProgress(path, after);
  expect(after.scaler.state()).toEqual(before.scaler.state());
  expect(after.scaler.scale).toBe(4);
});

test("the projection is handed to the optimizer, and learns", async () => {
  using session = Session.open(everything(), { seed: 0, device: "cpu" });
  const before = hashTensors(session.extras!.stateDict());
  for await (const batch of session.loader.epoch(0)) {
    session.step(batch, 1e-2);
    break;
  }
  expect(session.optimizer.parameters).toEqual(expect.arrayContaining(session.extras!.parameters()));
  expect(hashTensors(session.extras!.stateDict())).not.toBe(before);
});

test("teachers are as they were after every step: in evaluation mode, frozen, bit for bit", async () => {
  using session = Session.open(everything(), { seed: 0, device: "cpu" });
  const [teacher] = session.teachers;
  const before = hashTensors(teacher.stateDict());
  for await (const batch of session.loader.epoch(0)) {
    session.step(batch, 1e-2);
    expect(teacher.modules().some(({ training }) => training)).toBe(false);
    expect(teacher.parameters().some(({ requiresGrad }) => requiresGrad)).toBe(false);
  }
  expect(hashTensors(teacher.stateDict())).toBe(before);
});
