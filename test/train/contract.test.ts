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
    await expect(steps({ method: itself })).rejects.toThrowCode("ERR_METHOD_CONTRACT", /\bodd\b/, "faulty", /\b0\b/, /\b3\b/);
    await steps({ method: itself }, { most: 2 });
  });

  test("a term may be 0 now and then, and later", async () => {
    let calls = 0;
    await steps({ method: faulty(({ student: { logits } }) => logits.mean().mul(++calls === 2 ? 1 : 0)) });
  });

  test("a term that nothing trained can change", async () => {
    await expect(
      steps({ method: faulty(({ student, teacher }) => klDiv(student.logits.detach(), teacher.logits)) }),
    ).rejects.toThrowCode("ERR_METHOD_CONTRACT", /\bodd\b/, "faulty", "noGrad");
  });

  test("no term at all", async () => {
    await expect(steps({ method: defineMethod({ name: "mute", loss: () => ({}) }) })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "mute",
      /\b0\b/,
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
    await expect(steps({ method: forgetful, accumulate: 2 })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "soft",
      "forgetful",
      /\b1\b/,
      /\b2\b/,
    );
  });

  test("a term that is 0 in some part of every batch", async () => {
    let calls = 0;
    const half = faulty(({ student, teacher }) => klDiv(student.logits, teacher.logits).mul(calls++ % 2));
    await expect(steps({ method: half, accumulate: 2 })).rejects.toThrowCode("ERR_METHOD_CONTRACT", /\bodd\b/, "faulty", /\b0\b/);
  });
});

describe("what learns", () => {
  test("a student's tensor that no term depends on", async () => {
    const withSpare = () => Object.assign(pupil(), { spareHead: new Linear(4, 3) });
    await expect(steps({ student: withSpare })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "spare_head.weight",
      /\b1\b/,
      "soft",
      "requiresGrad_(false)",
    );
    await steps({ student: () => Object.assign(pupil(), { spareHead: new Linear(4, 3).requiresGrad_(false) }) }, { most: 1 });
  });

  test("a head that is averaged at inference and never taught", async () => {
    const distilled = () => pupil({ distilled: true });
    await expect(steps({ student: distilled, method: none(), teachers: [] })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "head_dist.weight",
    );
    await expect(steps({ student: distilled, method: soft({ alpha: 1 }) })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      /\bhead\.weight\b/,
    );
    await steps({ student: distilled, method: token() }, { most: 1 });
  });

  test("an extra that its method forgets", async () => {
    const method = defineMethod({
      name: "forgetful",
      extras: () => new Linear(4, 4),
      loss: (input) => ({ task: task(input) }),
    });
    await expect(steps({ method })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "extras.weight",
      /\b1\b/,
      "forgetful",
      "requiresGrad_(false)",
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
    await expect(steps({ method, optimizer: forgetting })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "extras.weight",
      /\b1\b/,
      "build()",
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
    await expect(steps(taught((teacher) => teacher.train()))).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "cait",
      /\b3\b/,
      "train()",
      "eval()",
    );
    const inside = taught((teacher) => teacher.namedModules().at(-1)![1].train());
    await expect(steps(inside)).rejects.toThrowCode("ERR_METHOD_CONTRACT", "cait", /\b3\b/, "(head)", "train()");
  });

  test("thawed by a method", async () => {
    await expect(steps(taught((teacher) => teacher.requiresGrad_()))).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "cait",
      /\b3\b/,
      "cls_token",
      "requiresGrad_()",
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
    await expect(steps({ teachers: [() => (teacher = master())], optimizer: greedy })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "cls_token",
      "cait",
      "build()",
    );
  });

  test("inside the student or the extras, so that they would be saved with it", async () => {
    let teacher: Model;
    const hoarder = { student: () => Object.assign(pupil(), { teacher: (teacher = master()) }), teachers: [() => teacher] };
    await expect(steps(hoarder)).rejects.toThrowCode("ERR_METHOD_CONTRACT", "teacher.cls_token", "cait", "#teacher");
    const hoarding = defineMethod({ name: "hoarding", extras: () => teacher, loss: (input) => ({ task: task(input) }) });
    await expect(steps({ method: hoarding, teachers: [() => (teacher = master())] })).rejects.toThrowCode(
      "ERR_METHOD_CONTRACT",
      "extras.cls_token",
      "cait",
      "#teacher",
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
