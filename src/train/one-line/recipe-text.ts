/** A recipe as the source of a file that `vit-distill train` runs, with the reason for each choice at its line. */

import type { Choice, Strength } from "./rules.js";

/** A weight file: somewhere on this machine, or in the run folder. */
export type WeightsAt = { readonly path: string } | { readonly beside: string };

export interface WrittenModel {
  model: string;
  options: { numClasses?: number; imgSize?: number; freshHead?: true };
  /** Later ones replace what earlier ones hold. */
  weights: readonly WeightsAt[];
}

/** A network from a file of another tool. */
export interface WrittenFile {
  make: "onnxTeacher" | "torchScriptTeacher";
  file: string;
  options: object;
}

export type WrittenTeacher = WrittenModel | WrittenFile;

export interface WrittenRecipe {
  /** A sentence. */
  title: string;
  name: string;
  data: { path: string; channels: 1 | 3; seed: number; classes?: readonly string[] };
  splits: readonly ("train" | "val" | "test")[];
  student: WrittenModel;
  teachers: readonly WrittenTeacher[];
  method: Choice<{ make: string; options: object }>;
  strength: Choice<Strength>;
  batch: Choice<number>;
  workers?: number;
  maxBad: number;
  epochs: Choice<number>;
  evalEvery: number;
  rate: Choice<number>;
  weightDecay: number;
  warmupEpochs: number;
  parts: Choice<number>;
  gather: boolean;
}

/** A plain value as JavaScript's own source. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return "{}";
  return `{ ${fields.map(([key, field]) => `${/^[a-z_$][\w$]*$/i.test(key) ? key : JSON.stringify(key)}: ${literal(field)}`).join(", ")} }`;
}

export function recipeText(recipe: WrittenRecipe): string {
  const { student, teachers, method, strength, batch, epochs, rate, parts } = recipe;
  const files = teachers.filter((teacher) => "make" in teacher);
  const models = [student, ...teachers.filter((teacher) => "model" in teacher)];
  const beside = models.some(({ weights }) => weights.some((file) => "beside" in file));
  const { mix, augment } = strength.value;
  const uses = [
    "adamW",
    "cosine",
    "createModel",
    "defineRecipe",
    "evalAugment",
    "modelInfo",
    "openData",
    "trainAugment",
    method.value.make,
    ...new Set(files.map(({ make }) => make)),
    ...(models.some(({ weights }) => weights.length > 1) ? ["loadTensors"] : []),
    ...(mix ? ["mixup"] : []),
  ].sort();
  const { path, classes, channels, seed } = recipe.data;
  const accumulate = recipe.gather ? `{ steps: ${parts.value}, gather: true }` : parts.value;
  return `/**
 * ${recipe.title}
 * Written by vit-distill, and yours to change: the reason for each choice stands behind it.
 * Command: vit-distill train recipe.ts
 * Result: of the run that it was written for, in metrics.jsonl beside it.
 */
${beside ? `\nimport { fileURLToPath } from "node:url";` : ""}
import { ${uses.join(", ")} } from "vit-distill";

const data = await openData(${literal(path)}, ${literal({ channels, seed, classes })});
const view = modelInfo(${literal(student.model)}${student.options.imgSize === undefined ? "" : `, { imgSize: ${student.options.imgSize} }`}).input;
${beside ? `const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));\n` : ""}
export default defineRecipe(({ smoke }) => ({
  name: ${literal(recipe.name)},
  student: () => ${modelText(student)},
${teachers.length > 0 ? `  teachers: [\n${teachers.map((teacher) => `    () => ${teacherText(teacher)},\n`).join("")}  ],\n` : ""}  // ${method.why}
  method: ${method.value.make}(${literal(method.value.options)}),
  data: {
${recipe.splits.map((split) => `    ${split}: data.${split},\n`).join("")}    batchSize: ${batch.value}, // ${batch.why}
    // ${strength.value.name}: ${strength.why}
    augment: trainAugment(view, ${literal(augment)}),
    evalAugment: evalAugment(view),
${mix ? `    mix: mixup(${literal(mix)}),\n` : ""}${recipe.workers === undefined ? "" : `    workers: ${recipe.workers},\n`}${recipe.maxBad === 0.05 ? "" : `    maxBad: ${recipe.maxBad},\n`}  },
  ...(smoke ? { steps: 2 } : { epochs: ${epochs.value} }), // ${epochs.why}
  evalEvery: ${recipe.evalEvery},
  optimizer: adamW({ lr: ${rate.value}, weightDecay: ${recipe.weightDecay} }), // ${rate.why}
  schedule: cosine({ warmupEpochs: ${recipe.warmupEpochs}, floor: ${Number((rate.value / 100).toPrecision(2))} }),
${parts.value === 1 ? "" : `  accumulate: ${accumulate}, // ${parts.why}\n`}  seed: ${seed},
}));
`;
}

const teacherText = (teacher: WrittenTeacher): string =>
  "make" in teacher ? `${teacher.make}(${literal(teacher.file)}, ${literal(teacher.options)})` : modelText(teacher);

function modelText({ model, options, weights }: WrittenModel): string {
  const source = (file: WeightsAt) => ("path" in file ? literal(file.path) : `beside(${literal(file.beside)})`);
  const read =
    weights.length === 1
      ? source(weights[0])
      : `new Map([${weights.map((file) => `...loadTensors(${source(file)})`).join(", ")}])`;
  const fields = [
    ...Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}: ${literal(value)}`),
    ...(weights.length > 0 ? [`weights: ${read}`] : []),
  ];
  return `createModel(${literal(model)}${fields.length > 0 ? `, { ${fields.join(", ")} }` : ""})`;
}
