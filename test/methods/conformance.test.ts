/** What every method promises: named, finite, living terms, and gradients for the student alone. */

import { describe, expect, test } from "vitest";
import { coAdvise, hard, type Method, manifold, methods, none, soft, token } from "../../src/methods/index.js";
import { refusingBroadcasts } from "../../src/train/refuse-broadcasts.js";
import { onEachDevice } from "../support/devices.js";
import { type LessonOptions, lesson, total, toyCoadvise, toyConvNet, toyStudent, toyTeacher } from "../support/toys.js";

const distilled = () => toyStudent({ distilled: true });

const both = [toyConvNet, toyTeacher];

const cases: [string, Method, string[], LessonOptions?][] = [
  ["none", none(), ["task"]],
  ["soft", soft(), ["task", "soft"]],
  ["soft, teacher only", soft({ alpha: 1 }), ["soft"]],
  ["hard", hard(), ["task", "hard"]],
  ["token, hard", token(), ["task", "hard"], { student: distilled }],
  ["token, soft", token({ kind: "soft" }), ["task", "soft"], { student: distilled }],
  ["manifold as released", manifold({ samples: 24 }), ["soft", "intra", "inter", "random"]],
  [
    "manifold with labels and hard logits",
    manifold({ alpha: 0.5, logits: "hard" }),
    ["task", "hard", "intra", "inter", "random"],
  ],
  ["manifold, one term", manifold({ weights: { inter: 0, random: 0 } }), ["soft", "intra"]],
  ["manifold, all pairs", manifold({ pairs: "all" }), ["soft", "all"]],
  ["manifold, the paper's sums", manifold({ reduction: "sum" }), ["soft", "intra", "inter", "random"]],
  ["manifold of a student with a distillation token", manifold(), ["soft", "intra", "inter", "random"], { student: distilled }],
  ["co-advise", coAdvise(), ["task", "conv", "inv"], { student: toyCoadvise, teachers: both }],
  [
    "co-advise on plain patches, warmer and without labels",
    coAdvise({
      teachers: [
        { token: "conv", temperature: 2 },
        { token: "inv", weight: 0.5 },
      ],
      taskWeight: 0,
    }),
    ["conv", "inv"],
    { student: () => toyCoadvise({ stem: "patch" }), teachers: both },
  ],
  [
    "co-advise by three",
    coAdvise({ teachers: [{ token: "conv" }, { token: "inv" }, { token: "vit" }] }),
    ["task", "conv", "inv", "vit"],
    { student: () => toyCoadvise({ tokens: ["conv", "inv", "vit"] }), teachers: [...both, toyStudent] },
  ],
  [
    "co-advise by one, to DeiT's distillation token",
    coAdvise({ teachers: [{ token: "distillation" }] }),
    ["task", "distillation"],
    { student: distilled },
  ],
];

onEachDevice(() => {
  describe.each(cases)("%s", (_, method, names, options) => {
    test("gives its terms, finite and alive, and moves the student alone", () =>
      lesson(
        method,
        ({ terms, student, teachers }) => {
          expect(Object.keys(terms)).toEqual(names);
          for (const term of Object.values(terms)) {
            expect(term.shape).toEqual([]);
            expect(Number.isFinite(term.item()) && term.item() > 0).toBe(true);
          }
          total(terms).backward();
          const moved = student.namedParameters().filter(([, parameter]) => parameter.grad !== null);
          expect(moved.length).toBeGreaterThan(0.8 * student.namedParameters().length);
          expect(teachers.some((teacher) => teacher.parameters().some(({ grad }) => grad !== null))).toBe(false);
        },
        options,
      ));

    test("compares nothing by stretching one model's tensors over another's", () =>
      lesson(refusingBroadcasts(method), () => {}, options));
  });

  test("the distillation token listens where there is one, the class head answers to the labels", () =>
    lesson(
      soft({ alpha: 1 }),
      ({ terms, student }) => {
        terms.soft.backward();
        const reached = new Set(student.namedParameters().flatMap(([key, { grad }]) => (grad === null ? [] : [key])));
        expect(reached.has("head_dist.weight")).toBe(true);
        expect(reached.has("head.weight")).toBe(false);
      },
      { student: distilled },
    ));

  describe("co-advise", () => {
    test("each teacher reaches the head of its token and no other", () =>
      lesson(
        coAdvise(),
        ({ terms, student }) => {
          terms.inv.backward();
          const reached = new Set(student.namedParameters().flatMap(([key, { grad }]) => (grad === null ? [] : [key])));
          expect([reached.has("head_inv.weight"), reached.has("head_conv.weight"), reached.has("head.weight")]).toEqual([
            true,
            false,
            false,
          ]);
        },
        { student: toyCoadvise, teachers: both },
      ));

    test("terms are weight · T² · KL, batchmean", () =>
      lesson(
        coAdvise({ teachers: [{ token: "conv" }, { token: "inv", temperature: 3, weight: 0.5 }] }),
        ({ terms, input }) => {
          const [p, q] = [input.teachers[1].logits, input.student.heads.inv].map((logits) => logits.div(3).softmax(-1));
          const kl = p.mul(p.log().sub(q.log())).sum().div(6).item();
          expect(terms.inv.item()).toBeCloseTo(0.5 * 9 * kl, 5);
        },
        { student: toyCoadvise, teachers: both },
      ));

    test("a student without the token is refused with the ways out", () => {
      expect(() => lesson(coAdvise(), () => {}, { teachers: both })).toThrowCode(
        "ERR_TEACHERS",
        "toy_vit",
        '"conv"',
        /\bclass\b/,
        'coadvise({ tokens: ["conv"]',
        "coAdvise({ teachers })",
      );
    });

    test("a teacher for other classes is refused by name", () => {
      const teachers = [toyConvNet, () => toyTeacher({ numClasses: 7 })];
      expect(() => lesson(coAdvise(), () => {}, { student: toyCoadvise, teachers })).toThrowCode(
        "ERR_CLASSES",
        /toy_coadvise.*\b5\b.*toy_cait.*\b7\b/,
        "numClasses",
      );
    });

    test("tokens named twice, or as the labels' term, are refused", () => {
      expect(() => coAdvise({ teachers: [{ token: "conv" }, { token: "conv" }] })).toThrowCode("ERR_TEACHERS", '"conv"');
      expect(() => coAdvise({ teachers: [{ token: "task" }] })).toThrowCode("ERR_TEACHERS", '"task"');
      expect(() => coAdvise({ teachers: [] })).toThrowCode("ERR_TEACHERS", "coAdvise", "teachers: [{");
    });
  });
});

test("every method of the table has a summary, and makes itself without options", () => {
  for (const [name, { summary, create }] of Object.entries(methods)) {
    expect(create().name).toBe(name);
    expect(summary).toMatch(/\.$/);
  }
});

test("token refuses a student without a distillation token, with the ways out", () => {
  expect(() => lesson(token(), () => {})).toThrowCode(
    "ERR_TEACHERS",
    "toy_vit",
    "distilled: true",
    "deit_tiny_distilled_patch16_224",
    /\bsoft\b/,
    /\bhard\b/,
  );
});
