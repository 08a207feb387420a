/** Which method teaches a student without a recipe, and how it is set. */

import { coAdvise, hard, type Method, manifold, soft, token } from "../../methods/index.js";
import type { ModelInfo } from "../../models/index.js";
import { nearest } from "../../nearest.js";
import { UserError } from "../../user-error.js";
import { type Choice, layersFor } from "./rules.js";

export interface Lessons {
  student: ModelInfo;
  teachers: readonly ModelInfo[];
  /** Whether the pictures have labels. */
  labelled: boolean;
  /** Whether every teacher tells the student's classes apart. */
  answers: boolean;
  /** Whether a teacher's head was trained on these very pictures. */
  probed: boolean;
}

/** A factory of vit-distill by its name, and its argument: what can be made here, and written into a recipe. */
export interface MethodCall {
  make: "manifold" | "soft" | "hard" | "token" | "coAdvise";
  options: Record<string, unknown>;
}

const factories: Record<MethodCall["make"], (options: never) => Method> = { manifold, soft, hard, token, coAdvise };

/** By the names of `vit-distill methods`. */
const calls: Record<string, MethodCall["make"]> = { manifold: "manifold", soft: "soft", hard: "hard", token: "token", "co-advise": "coAdvise" }; // biome-ignore format: one row

export const makeMethod = ({ make, options }: MethodCall): Method => factories[make](options as never);

/** The method asked for, or the one that gives these models most to teach; refused with a sentence where it teaches nothing. */
export function methodFor(lessons: Lessons, asked?: string): Choice<MethodCall> {
  const { why, make } = asked === undefined ? usual(lessons) : { make: named(asked), why: "asked for" };
  checkAnswers(make, lessons);
  const call = { make, options: options[make](lessons) };
  checkHeads(call, lessons);
  return { value: call, why };
}

function named(asked: string): MethodCall["make"] {
  if (Object.hasOwn(calls, asked)) return calls[asked];
  const known = Object.keys(calls);
  const meant = nearest(asked, known);
  throw new UserError("ERR_UNKNOWN_METHOD", `There is no method "${asked}" for distill`, {
    remedy: meant ? `Did you mean "${meant}"?` : `There are ${known.join(", ")}.`,
  });
}

function usual({ student, teachers, answers }: Lessons): { make: MethodCall["make"]; why: string } {
  if (teachers.length > 1) return { make: "coAdvise", why: `there are ${teachers.length} teachers` };
  if (student.heads.some((head) => head !== "class" && head !== "distillation"))
    return { make: "coAdvise", why: `${student.name} has tokens for teachers` };
  const meeting = layersFor(student, teachers[0]);
  if (meeting) return { make: "manifold", why: meeting.why };
  if (!answers) return { make: "manifold", why: "it needs no answers of the teacher" };
  if (student.heads.includes("distillation")) return { make: "token", why: `${student.name} has a distillation token` };
  return { make: "soft", why: "the two models' patches cannot be compared" };
}

/** A teacher of other classes has only its features to teach. */
function checkAnswers(make: MethodCall["make"], { student, teachers, answers }: Lessons): void {
  if (answers) return;
  const meets = teachers.length === 1 && layersFor(student, teachers[0]) !== undefined;
  if (make === "manifold" && meets) return;
  const other = teachers.find(({ numClasses }) => numClasses !== student.numClasses) as ModelInfo;
  throw new UserError(
    "ERR_CLASSES",
    `${other.name} tells ${other.numClasses} classes apart and the pictures have ${student.numClasses}, so that its answers teach nothing`,
    {
      remedy: meets
        ? "Train a head for them with --teacher-head probe, or learn from its features alone with --method manifold."
        : `Train a head for them with --teacher-head probe; its features alone (--method manifold) cannot be compared with ${student.name}'s.`,
    },
  );
}

const options: Record<MethodCall["make"], (lessons: Lessons) => Record<string, unknown>> = {
  manifold: ({ student, teachers, ...lessons }) => {
    const meeting = layersFor(student, teachers[0]);
    if (!meeting)
      throw new UserError(
        "ERR_PATCH_GRID",
        `No layers of ${student.name} and ${teachers[0].name} have patches that can be compared`,
        {
          remedy: "Take --method soft, or a student with another patch size.",
        },
      );
    return { ...meeting.value, alpha: manifoldAlpha(student, lessons) };
  },
  soft: ({ labelled }) => ({ alpha: labelled ? 0.5 : 1, temperature: 3 }),
  hard: ({ labelled }) => ({ alpha: labelled ? 0.5 : 1 }),
  token: ({ labelled }) => ({ alpha: labelled ? 0.5 : 1 }),
  coAdvise: ({ student, teachers, labelled }) => {
    const tokens = student.heads.filter((head) => head !== "class");
    if (tokens.length !== teachers.length)
      throw new UserError(
        "ERR_TEACHERS",
        `${student.name} has ${tokens.length === 0 ? "no tokens" : `${tokens.length} tokens (${tokens.join(", ")})`} for ${teachers.length} teachers`,
        { remedy: "Give as many --teacher, in that order, to a student such as coadvise_tiny." },
      );
    return { teachers: tokens.map((token) => ({ token })), ...(!labelled && { taskWeight: 0 }) };
  },
};

/**
 * The teacher's share against the labels'. The released setting is 1; half where a second head listens, so that both are taught, and
 * where the teacher's head knows no more than the labels that it was trained on.
 */
function manifoldAlpha({ heads }: ModelInfo, { answers, labelled, probed }: Omit<Lessons, "student" | "teachers">): number {
  if (!answers) return 0;
  if (!labelled) return 1;
  return probed || heads.length > 1 ? 0.5 : 1;
}

/** A head that nothing is taught to would be shipped as it was made. */
function checkHeads(call: MethodCall, { student, labelled, answers }: Lessons): void {
  const { reads } = makeMethod(call);
  const listening = student.heads.includes("distillation") ? "distillation" : "class";
  const taught = new Set([
    ...(reads.labels ? ["class"] : []),
    ...(call.make === "coAdvise" ? student.heads.slice(1) : reads.answers ? [listening] : []),
  ]);
  const idle = student.heads.find((head) => !taught.has(head));
  if (idle === undefined) return;
  const [code, reason] = !labelled
    ? (["ERR_NO_LABELS", "the pictures have no labels"] as const)
    : answers
      ? (["ERR_TEACHERS", "this method does not teach it"] as const)
      : (["ERR_CLASSES", "the teacher knows other classes"] as const);
  throw new UserError(code, `The head "${idle}" of ${student.name} would learn nothing: ${reason}`, {
    remedy: "Take a student with a class token alone, such as deit_tiny_patch16_224.",
  });
}
