/** What every method promises: named, finite, living terms, and gradients for the student alone. */

import { describe, expect, test } from "vitest";
import { hard, type Method, manifold, methods, none, soft, token } from "../../src/methods/index.js";
import { lesson, total, toyStudent } from "./toys.js";

const distilled = () => toyStudent({ distilled: true });

const cases: [string, Method, string[], { student?: typeof toyStudent }?][] = [
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
];

describe.each(cases)("%s", (_, method, names, options) => {
  test("gives its terms, finite and alive, and moves the student alone", () =>
    lesson(
      method,
      ({ terms, student, teacher }) => {
        expect(Object.keys(terms)).toEqual(names);
        for (const term of Object.values(terms)) {
          expect(term.shape).toEqual([]);
          expect(Number.isFinite(term.item()) && term.item() > 0).toBe(true);
        }
        total(terms).backward();
        const moved = student.namedParameters().filter(([, parameter]) => parameter.grad !== null);
        expect(moved.length).toBeGreaterThan(0.8 * student.namedParameters().length);
        expect(teacher.parameters().some(({ grad }) => grad !== null)).toBe(false);
      },
      options,
    ));
});

test("every method of the table has a summary, and makes itself without options", () => {
  for (const [name, { summary, create }] of Object.entries(methods)) {
    expect(create().name).toBe(name);
    expect(summary).toMatch(/\.$/);
  }
});

test("token refuses a student without a distillation token, with the ways out", () => {
  expect(() => lesson(token(), () => {})).toThrow(/toy_vit has no distillation token.*distilled model.*soft or hard/s);
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
