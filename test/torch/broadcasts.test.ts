/** Which broadcasts nobody asked for, and which somebody did. */

import { describe, expect, test } from "vitest";
import { findBroadcasts, randn, type Tensor, tensor, tidy } from "../../src/torch/index.js";

const [B, N, D] = [3, 4, 5];

/** What is found in a loss between a student's tokens and a teacher's. */
function found(shapes: { student?: number[]; teacher?: number[] }, loss: (student: Tensor, teacher: Tensor) => unknown) {
  return tidy(() => {
    const student = randn(shapes.student ?? [B, N, D]);
    const teacher = randn(shapes.teacher ?? [B, N, D]);
    return findBroadcasts({ student: [student], teacher: [teacher] }, () => tidy(() => void loss(student, teacher))).broadcasts;
  });
}

const one = { student: [B, 1, D] };

describe("found", () => {
  test.each<[string, { student?: number[]; teacher?: number[] }, (s: Tensor, t: Tensor) => unknown]>([
    ["one student token over every token of the teacher", one, (s, t) => t.sub(s)],
    ["the same in place", one, (s, t) => t.clone().sub_(s)],
    ["mean squared error", one, (s, t) => s.mseLoss(t)],
    ["smooth L1", one, (s, t) => s.smoothL1Loss(t)],
    [
      "after a projection and a change of dtype",
      one,
      (s, t) =>
        s
          .matmul(randn([D, D]))
          .to({ dtype: "float64" })
          .sub(t),
    ],
    ["a slice that left one token", {}, (s, t) => s.slice({ dim: 1, start: N - 1 }).sub(t)],
    ["one token's map of one number", one, (s, t) => s.bmm(s.transpose(1, 2)).sub(t.bmm(t.transpose(1, 2)))],
    ["no batch on one side", { teacher: [N, D] }, (s, t) => s.sub(t)],
    ["[B] against [B, 1], which is [B, B]", { student: [B], teacher: [B, 1] }, (s, t) => s.sub(t)],
    ["what both made against one of them", one, (s, t) => t.sub(t.mul(2)).mul(s.mul(2))],
  ])("%s", (_, shapes, loss) => expect(found(shapes, loss)).toHaveLength(1));

  test("with whose they are, their shapes and the line that did it", () => {
    const [broadcast] = found(one, (s, t) => s.mseLoss(t));
    expect(broadcast).toMatchObject({
      operator: "aten::mse_loss",
      operands: [
        { origins: ["student"], shape: [B, 1, D] },
        { origins: ["teacher"], shape: [B, N, D] },
      ],
    });
    expect(broadcast.where).toMatch(/broadcasts\.test\.ts:\d+/);
  });
});

describe("let through", () => {
  test.each<[string, { student?: number[]; teacher?: number[] }, (s: Tensor, t: Tensor) => unknown]>([
    ["equal shapes", {}, (s, t) => s.sub(t).square().mean()],
    ["a bias", {}, (s, t) => s.add(randn([D])).sub(t)],
    ["a mask", {}, (s, t) => s.sub(t).mul(randn([B, N, 1]))],
    ["a scalar of the other", {}, (s, t) => s.mul(t.mean())],
    ["a token over its own norm", {}, (s, t) => s.div(s.norm(2, -1, { keepdim: true })).sub(t)],
    ["a whole over its own part", {}, (s, t) => s.sub(s.slice({ dim: 1, end: 1 })).sub(t)],
    ["the other's mean, its dimension kept", {}, (s, t) => s.sub(t.mean([1], { keepdim: true }))],
    ["every token with every other", {}, (s, t) => s.unsqueeze(2).sub(t.unsqueeze(1))],
    [
      "the same, moved",
      {},
      (s, t) =>
        s
          .unsqueeze(1)
          .transpose(1, 2)
          .sub(t.unsqueeze(1).permute([0, 1, 2, 3])),
    ],
    ["what is said by expand", one, (s, t) => s.expand([B, N, D]).sub(t)],
    ["one token on both sides", { student: [B, 1, D], teacher: [B, 1, D] }, (s, t) => s.sub(t)],
    ["a value that took over a freed tensor's number", {}, takesOver],
  ])("%s", (_, shapes, loss) => expect(found(shapes, loss)).toEqual([]));
});

/** A number that stood for the student's stands for a constant once it was freed. */
function takesOver(student: Tensor, teacher: Tensor): void {
  const doubled = student.mul(2);
  const { handle } = doubled;
  doubled.dispose();
  const constant = tensor(new Float32Array(D));
  expect(constant.handle).toBe(handle);
  teacher.sub(constant);
}

test("a throw ends the watch", () => {
  const watched = () =>
    findBroadcasts({}, () => {
      throw new Error("stop");
    });
  expect(watched).toThrow("stop");
});
