/** The doctor: looks at a recipe's teachers before they teach, and says what is wrong with them and what to do about it. */

import type { Model } from "../../models/index.js";
import { type Device, tidy } from "../../torch/index.js";
import { checkDevice } from "../check-device.js";
import { choosePrecision, type Precision } from "../precision.js";
import { checkRecipe, type Recipe } from "../recipe.js";
import type { Check, Exam } from "./check.js";
import { checks } from "./checks/index.js";
import { type Diagnosis, type Finding, worst } from "./finding.js";
import { show } from "./show.js";
import { Subject } from "./subject.js";

export interface DoctorOptions {
  /** How many pictures to look at, of the validation split or else of the training split. */
  images?: number;
  device?: Device;
}

/** Examines the teachers of a recipe, whole. What it finds is in the diagnosis; it throws only for what is no recipe. */
export async function doctor(recipe: Recipe, { images = 1000, device = "cpu" }: DoctorOptions = {}): Promise<Diagnosis> {
  checkRecipe(recipe, "recipe");
  checkDevice(device);
  const teachers = tidy(() => (recipe.teachers ?? []).map((make) => make().to({ device }).eval()));
  try {
    const { precision } = choosePrecision(recipe.precision ?? "auto", device);
    return await examine({ recipe, teachers, device, precision, images, short: false });
  } finally {
    for (const teacher of teachers) teacher.dispose();
  }
}

export interface ExamineOptions {
  recipe: Recipe;
  /** Made, on their device, in evaluation mode. */
  teachers: readonly Model[];
  device: Device;
  precision: Precision;
  images: number;
  /** The form that `train` runs: the most telling checks, and not for long. */
  short: boolean;
}

/** Runs the checks. Weights, buffers, modes and random streams are afterwards what they were. */
export async function examine({ recipe, teachers, images, ...setting }: ExamineOptions): Promise<Diagnosis> {
  const began = performance.now();
  const split = recipe.data.val ? "val" : "train";
  const data = recipe.data[split]!;
  const all = teachers.map(
    (model, i) => new Subject(nameOf(model, i, teachers), model, { ...setting, mask: recipe.maskedTeacher }),
  );
  const exam = { recipe, data, bad: [], subjects: all };
  const first = runChecks(exam, ["models"], setting);
  const { looked, bad } = await show(first.fit, recipe, data, { images, ...setting });
  const then = runChecks({ ...exam, bad, subjects: first.fit }, ["answers", "labels"], setting);
  const findings = [...first.findings, ...then.findings];
  return { severity: worst(findings), images: looked, split, data: data.name, milliseconds: performance.now() - began, findings };
}

/** Runs the checks that need no more than this; `fit` are the teachers that none of them refused for certain. */
function runChecks(
  exam: Exam,
  needs: readonly Check["needs"][],
  { short }: { short: boolean },
): { findings: Finding[]; fit: readonly Subject[] } {
  const findings: Finding[] = [];
  let fit = exam.subjects;
  for (const check of checks) {
    if (!needs.includes(check.needs) || (short && !check.short)) continue;
    const subjects = check.needs === "labels" ? fit.filter((subject) => subject.knows(exam.data)) : fit;
    const isLenient = check.ofAnswers && !exam.recipe.method.reads.answers;
    const found = check.run({ ...exam, subjects }).map(
      (each): Finding => ({
        check: check.name,
        certain: false,
        ...each,
        severity: isLenient && each.severity === "refuse" ? "warning" : each.severity,
      }),
    );
    const refused = found.filter(({ severity, certain }) => severity === "refuse" && certain).map(({ who }) => who);
    findings.push(...found);
    fit = fit.filter(({ who }) => !refused.includes(who));
  }
  return { findings, fit };
}

/** `teacher fashion_cait`; with its number where two have one name. */
function nameOf({ info }: Model, i: number, teachers: readonly Model[]): string {
  const isUnique = teachers.filter(({ info: { name } }) => name === info.name).length === 1;
  return `teacher ${isUnique ? "" : `${i + 1}, `}${info.name}`;
}
