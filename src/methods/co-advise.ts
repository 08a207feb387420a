/**
 * Co-advise: teachers of different inductive bias, each heard by a token of its own. Ren et al., CVPR 2022.
 * https://arxiv.org/abs/2106.12378
 */

import { crossEntropy, klDiv } from "../nn/index.js";
import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { defineMethod, type LossInput, type Players, weigh } from "./method.js";

export interface Advice {
  /** The student's token that listens; its head and the loss term bear the same name. */
  token: string;
  temperature?: number;
  weight?: number;
}

export interface CoAdviseOptions {
  /** One for each teacher of the recipe, in its order; the paper's two unless told. */
  teachers?: readonly Advice[];
  /** Of the labels, which the class token learns. */
  taskWeight?: number;
  smoothing?: number;
}

export function coAdvise({
  teachers = [{ token: "conv" }, { token: "inv" }],
  taskWeight = 1,
  smoothing = 0,
}: CoAdviseOptions = {}) {
  checkTokens(teachers);
  const advice = teachers.map(({ token, temperature = 1, weight = 1 }) => ({ token, temperature, weight }));

  const terms = ({ student, teachers: told }: LossInput): [string, [number, () => Tensor]][] =>
    advice.map(({ token, temperature, weight }, i) => [
      token,
      [weight, () => klDiv(student.heads[token], told[i].logits, { temperature })], // batchmean, times T²
    ]);

  return defineMethod({
    name: "co-advise",
    options: { teachers: advice, taskWeight, smoothing },
    teachers: [advice.length, advice.length],
    reads: { labels: taskWeight !== 0 },
    weighedBy: {
      task: { option: "taskWeight", weight: taskWeight },
      ...Object.fromEntries(advice.map(({ token, weight }, i) => [token, { option: `teachers[${i}].weight`, weight }])),
    },
    check(players) {
      for (const { token } of advice) checkHead(token, players);
      checkClasses(players);
    },
    loss: (input) =>
      weigh({
        task: [taskWeight, () => crossEntropy(input.student.heads.class, input.targets, { smoothing })],
        ...Object.fromEntries(terms(input)),
      }),
  });
}

function checkTokens(teachers: readonly Advice[]): void {
  const names = teachers.map(({ token }) => token);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (names.length === 0)
    throw new UserError("ERR_TEACHERS", "coAdvise has no teachers.", {
      remedy: 'Give it one entry each, such as teachers: [{ token: "conv" }].',
    });
  if (twice !== undefined)
    throw new UserError("ERR_TEACHERS", `Two teachers of coAdvise speak to the token "${twice}"`, {
      remedy: "Give each a token of its own.",
    });
  if (names.includes("task"))
    throw new UserError("ERR_TEACHERS", 'A token cannot be called "task"', {
      remedy: "That is the labels' term; choose another name.",
    });
}

function checkHead(token: string, { student }: Players): void {
  if (student.heads.includes(token)) return;
  throw new UserError(
    "ERR_TEACHERS",
    `${student.name} has no token "${token}" (its heads are ${student.heads.join(", ")}), which coAdvise teaches`,
    {
      remedy: `Take a student with it, such as coadvise({ tokens: ["${token}"], … }), or name another token in coAdvise({ teachers }).`,
    },
  );
}

function checkClasses({ student, teachers }: Players): void {
  const other = teachers.find(({ numClasses }) => numClasses !== student.numClasses);
  if (!other) return;
  throw new UserError(
    "ERR_CLASSES",
    `${student.name} tells ${student.numClasses} classes apart and its teacher ${other.name} ${other.numClasses}`,
    {
      remedy: `Take a teacher for the same classes, or make both with one numClasses.`,
    },
  );
}
