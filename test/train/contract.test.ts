/** Each fault that would go unnoticed is planted once, and named. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors } from "../../src/checkpoint/index.js";
import { defineMethod, type LossInput, manifold, none, soft, token } from "../../src/methods/index.js";
import type { Model } from "../../src/models/index.js";
import { crossEntropy, klDiv, Linear } from "../../src/nn/index.js";
import { adamW, type OptimizerFactory } from "../../src/optim/index.js";
import { memory, ones, Parameter } from "../../src/torch/index.js";
import { checkpointsOf, openRunFolder, type Recipe, Session, train } from "../../src/train/index.js";
import { master, pupil, toyRecipe } from "./toys.js";

const scratch = mkdtempSync(join(tmpdir(), "vit-distill-contract-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Opens the recipe and takes some steps. */
async function steps(change: Partial<Recipe>, { most = 4 } = {}): Promise<void> {
  const before = memory().tensors;
  try {
    using session = Session.open(toyRecipe({ student: () => pupil(), method: soft(), ...change }), { seed: 0, device: "cpu" });
    let left = most;
    for await (const batch of session.loader.epoch(0)) {
      session.step(batch, 1e-3);
      if (--left === 0) return;
    }
  } finally {
    expect(memory().tensors).toBe(before);
  }
}

const task = ({ student, targets }: LossInput) => crossEntropy(student.heads.class, targets);
const faulty = (loss: (input: LossInput) => ReturnType<typeof task>) =>
  defineMethod({ name: "faulty", loss: (input) => ({ task: task(input), odd: loss(input) }) });

describe("terms", () => {
  test("a term that is exactly 0 in each of the first three steps", async () => {
    const itself = faulty(({ student: { logits } }) => klDiv(logits, logits));
    await expect(steps({ method: itself })).rejects.toThrow(
      /The term odd of the method faulty was exactly 0 in each of the first 3 steps\. It teaches nothing/,
    );
    await steps({ method: itself }, { most: 2 });
  });

  test("a term may be 0 now and then, and later", async () => {
    let calls = 0;
    await steps({ method: faulty(({ student: { logits } }) => logits.mean().mul(++calls === 2 ? 1 : 0)) });
  });

  test("a term that nothing trained can change", async () => {
    await expect(
      steps({ method: faulty(({ student, teacher }) => klDiv(student.logits.detach(), teacher.logits)) }),
    ).rejects.toThrow(/The term odd of the method faulty has no gradient\. It depends on nothing that is trained/);
  });

  test("no term at all", async () => {
    await expect(steps({ method: defineMethod({ name: "mute", loss: () => ({}) }) })).rejects.toThrow(
      /The method mute returned no term\. Are all its weights 0/,
    );
  });

  test.each([
    ["first", 1],
    ["last", 0],
  ])("a term that only the %s part of an accumulated batch has, as the released Co-advise drops its teachers", async (_, odd) => {
    let calls = 0;
    const forgetful = defineMethod({
      name: "forgetful",
      loss: (input) => ({
        task: task(input),
        ...(++calls % 2 === odd && { soft: klDiv(input.student.logits, input.teacher.logits) }),
      }),
    });
    await expect(steps({ method: forgetful, accumulate: 2 })).rejects.toThrow(
      /The term soft of the method forgetful is not in every part of step 1\. Parts 1 and 2 of 2 differ/,
    );
  });

  test("a term that is 0 in some part of every batch", async () => {
    let calls = 0;
    const half = faulty(({ student, teacher }) => klDiv(student.logits, teacher.logits).mul(calls++ % 2));
    await expect(steps({ method: half, accumulate: 2 })).rejects.toThrow(/The term odd of the method faulty was exactly 0/);
  });
});

describe("what learns", () => {
  test("a student's tensor that no term depends on", async () => {
    const withSpare = () => Object.assign(pupil(), { spareHead: new Linear(4, 3) });
    await expect(steps({ student: withSpare })).rejects.toThrow(
      /No gradient reached spare_head\.weight and 1 more in the first step: no term of the method soft depends on it.*freeze it/,
    );
    await steps({ student: () => Object.assign(pupil(), { spareHead: new Linear(4, 3).requiresGrad_(false) }) }, { most: 1 });
  });

  test("a head that is averaged at inference and never taught", async () => {
    const distilled = () => pupil({ distilled: true });
    await expect(steps({ student: distilled, method: none(), teachers: [] })).rejects.toThrow(
      /No gradient reached head_dist\.weight/,
    );
    await expect(steps({ student: distilled, method: soft({ alpha: 1 }) })).rejects.toThrow(/No gradient reached head\.weight/);
    await steps({ student: distilled, method: token() }, { most: 1 });
  });

  test("an extra that its method forgets", async () => {
    const method = defineMethod({
      name: "forgetful",
      extras: () => new Linear(4, 4),
      loss: (input) => ({ task: task(input) }),
    });
    await expect(steps({ method })).rejects.toThrow(
      /No gradient reached extras\.weight and 1 more in the first step: the method forgetful makes it and its loss does not use it/,
    );
  });

  const forgetting: OptimizerFactory = {
    ...adamW({ lr: 1e-3 }),
    build: (named) => adamW({ lr: 1e-3 }).build(named.filter(([name]) => !name.startsWith("extras"))),
  };

  test("an extra that the optimizer does not hold", async () => {
    const method = defineMethod({
      name: "hint",
      extras: () => new Linear(3, 3),
      loss: ({ student, teacher }, layer) => ({ hint: klDiv(student.logits.pipe(layer), teacher.logits) }),
    });
    await expect(steps({ method, optimizer: forgetting })).rejects.toThrow(
      /The optimizer does not hold extras\.weight and 1 more\. An optimizer's build\(\) takes all that it is handed/,
    );
  });
});

describe("teachers", () => {
  /** A method that does something to the teacher in the second step. */
  const taught = (act: (teacher: Model) => void): Partial<Recipe> => {
    let teacher: Model;
    let calls = 0;
    const naughty = faulty(({ student: { logits } }) => {
      if (++calls === 2) act(teacher);
      return logits.square().mean();
    });
    return { teachers: [() => (teacher = master())], method: naughty };
  };

  test("flipped to training by a method", async () => {
    await expect(steps(taught((teacher) => teacher.train()))).rejects.toThrow(
      /The teacher cait is in training mode at step 3\. Something called train\(\) on it/,
    );
    const inside = taught((teacher) => teacher.namedModules().at(-1)![1].train());
    await expect(steps(inside)).rejects.toThrow(/The teacher cait is in training mode at step 3 \(/);
  });

  test("thawed by a method", async () => {
    await expect(steps(taught((teacher) => teacher.requiresGrad_()))).rejects.toThrow(
      /The teacher cait is no longer frozen at step 3: cls_token asks for a gradient/,
    );
  });

  test("in the optimizer", async () => {
    let teacher: Model;
    const greedy: OptimizerFactory = {
      ...adamW({ lr: 1e-3 }),
      build: (named) => {
        const its = teacher.namedParameters().map(([name, parameter]) => [name, parameter.requiresGrad_()] as const);
        const built = adamW({ lr: 1e-3 }).build([...named, ...its]);
        teacher.requiresGrad_(false);
        return built;
      },
    };
    await expect(steps({ teachers: [() => (teacher = master())], optimizer: greedy })).rejects.toThrow(
      /The optimizer holds cls_token of the teacher cait/,
    );
  });

  test("inside the student or the extras, so that they would be saved with it", async () => {
    let teacher: Model;
    const hoarder = { student: () => Object.assign(pupil(), { teacher: (teacher = master()) }), teachers: [() => teacher] };
    await expect(steps(hoarder)).rejects.toThrow(
      /teacher\.cls_token is a tensor of the teacher cait: it would be saved with the student\. Keep the teacher in a private field/,
    );
    const hoarding = defineMethod({ name: "hoarding", extras: () => teacher, loss: (input) => ({ task: task(input) }) });
    await expect(steps({ method: hoarding, teachers: [() => (teacher = master())] })).rejects.toThrow(
      /extras\.cls_token is a tensor of the teacher cait/,
    );
  });

  test("are in no file of a run", async () => {
    const mark = () => Object.assign(master(), { markOfTheTeacher: new Parameter(ones([1])) });
    const dir = join(scratch, "run");
    const recipe = toyRecipe({ teachers: [mark], method: manifold({ layers: [[0, 0]], samples: 16 }), ema: 0.9, epochs: 1 }); // biome-ignore format: one line
    for await (const _ of train(recipe, { dir }));
    const run = openRunFolder(dir);
    using student = pupil();
    const keys = [...student.stateDict().keys()].sort();
    expect([...readSafetensors(run.student).tensors.keys()].sort()).toEqual(keys);
    expect([...readSafetensors(run.studentEma).tensors.keys()].sort()).toEqual(keys);
    const saved = [...readSafetensors(checkpointsOf(run)[0].path.replace("json", "safetensors")).tensors.keys()];
    expect(saved.filter((key) => /mark|proj_l|attn_blocks/.test(key))).toEqual([]);
    expect(new Set(saved.map((key) => key.split("/")[0]))).toEqual(new Set(["student", "ema", "optimizer", "random"]));
  });
});
