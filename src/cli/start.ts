/** `vit-distill start`, the quick start: one student three ways on Fashion-MNIST, and what its teacher gave it. */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { Report } from "../train/index.js";
import { follow } from "./follow.js";
import { interruptible } from "./interrupt.js";
import { wholeNumber } from "./option.js";
import { duration, Progress } from "./progress.js";
import { million, percent, table } from "./table.js";

const arms = [
  { name: "alone", label: "student alone", recipe: "fashion-mnist/students/alone.ts" },
  { name: "soft", label: "student, soft KL", recipe: "fashion-mnist/students/soft.ts" },
  { name: "manifold", label: "student, manifold", recipe: "quickstart.ts" },
];

interface Options {
  dir?: string;
  smoke: boolean;
  seed: number;
}

export const start = new Command("start")
  .description("the quick start: a tiny DeiT on Fashion-MNIST, alone and under a teacher")
  .option("--dir <folder>", "where the run folders go (default: runs/quickstart-<time>)")
  .option("--smoke", "a run of seconds that shows that everything fits together", false)
  .option("--seed <number>", "of the weights, the order and the 1,000 pictures", wholeNumber, 0)
  .action(async ({ dir = join("runs", `quickstart-${Date.now()}`), smoke, seed }: Options) => {
    const rows: string[][] = [];
    const began = performance.now();
    for (const arm of arms) {
      console.error(`\n${arm.label} (recipes/${arm.recipe})`);
      const done = await runArm(arm.recipe, join(dir, arm.name), { smoke, seed });
      if (!done) return;
      const teacher = done.teacher;
      if (teacher && rows.length === 1) rows.unshift(row("teacher", teacher, done.teacherSize, "–"));
      rows.push(row(arm.label, done.student, done.studentSize, duration(done.seconds)));
    }
    console.log(`\n${table(["Fashion-MNIST, 1,000 labels", "parameters", "size", "top-1 (test)", "training"], rows)}`);
    console.log(`\nThe student is ${relative("", join(dir, "manifold", "student.safetensors"))}; the run folders are in ${dir}.`);
    console.log(
      `Took ${duration((performance.now() - began) / 1000)}. One seed: RESULTS.md has the spread over several, and what the teacher has seen.`,
    );
  });

const row = (label: string, { top1 }: Report, parameters: number, time: string): string[] => [
  label,
  million(parameters),
  `${((4 * parameters) / 1e6).toFixed(1)} MB`,
  percent(top1),
  time,
];

interface ArmResult {
  teacher?: Report;
  student: Report;
  teacherSize: number;
  studentSize: number;
  seconds: number;
}

/** Trains and evaluates one arm; nothing when it was interrupted. */
async function runArm(
  recipePath: string,
  dir: string,
  { smoke, seed }: { smoke: boolean; seed: number },
): Promise<ArmResult | undefined> {
  const { evaluateRun, loadRecipe, openRunFolder, recipeSource, train } = await import("../train/index.js");
  const file = fileURLToPath(new URL(`../../recipes/${recipePath}`, import.meta.url));
  const recipe = await loadRecipe(file, { smoke, seed });
  const progress = new Progress();
  const end = await interruptible((signal) =>
    follow(train(recipe, { dir, seed, source: recipeSource(file, smoke), signal }), progress, { table: false }),
  );
  if (!end?.finished) return undefined;
  const { student, teachers } = openRunFolder(dir).recipe as {
    student: { parameters: number };
    teachers: { parameters: number }[];
  };
  const reports = await evaluateRun(dir);
  return {
    teacher: reports.find(({ who }) => who.startsWith("teacher")),
    student: reports.find(({ who }) => who === "student") as Report,
    studentSize: student.parameters,
    teacherSize: teachers[0]?.parameters ?? 0,
    seconds: end.milliseconds / 1000,
  };
}
