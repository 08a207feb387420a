/** `npm run bench -- NAME|all [--check] [--threads N]`: measures our programs beside their PyTorch references. */
import { parseArgs } from "node:util";
import { compileOurs } from "./compile.js";
import { engine } from "./engine.js";
import { foreignTeachers } from "./foreign-teachers.js";
import { keep, table } from "./form.js";
import { involution } from "./involution.js";
import { kernels } from "./kernels.js";
import { loader } from "./loader.js";
import { manifoldStep } from "./manifold-step.js";
import { manifoldTerms } from "./manifold-terms.js";
import { maskedTeacher } from "./masked-teacher.js";
import { type Bench, exitCode, type Outcome, outcomeOf } from "./run.js";
import { scaling } from "./scaling.js";

const benches: Record<string, Bench> = {
  engine,
  "foreign-teachers": foreignTeachers,
  involution,
  kernels,
  loader,
  "manifold-step": manifoldStep,
  "manifold-terms": manifoldTerms,
  "masked-teacher": maskedTeacher,
  scaling,
};

const usage = "npm run bench -- NAME|all [--check] [--threads N]";
const options = { check: { type: "boolean", default: false }, threads: { type: "string", default: "1" } } as const;
try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  await main(positionals[0], values.check, wholeNumber(values.threads));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function main(name: string | undefined, check: boolean, threads: number): Promise<void> {
  if (name === undefined) return console.log(list());
  if (name !== "all" && !Object.hasOwn(benches, name)) throw new Error(`Unknown bench "${name}".\n${list()}`);
  await compileOurs();
  const names = name === "all" ? Object.keys(benches) : [name];
  const outcomes: Outcome[] = [];
  for (const [i, one] of names.entries()) {
    const begin = performance.now();
    const note = (text: string) =>
      console.error(`${minutes(performance.now() - begin)} ${one} (${i + 1} of ${names.length}): ${text}`);
    note(benches[one].about);
    const outcome = await outcomeOf(one, benches[one], { threads, note });
    note(outcome.failed ? "failed" : "done");
    const { failed, ...result } = outcome;
    console.log(`${table(one, result.rows, result.missing)}\n${JSON.stringify(result)}`);
    if (!failed) keep(result);
    outcomes.push(outcome);
  }
  if (name === "all") console.log(summary(outcomes));
  process.exitCode = exitCode(outcomes, check);
}

/** Every row of every bench in one table. */
function summary(outcomes: readonly Outcome[]): string {
  const named = <R extends { name: string }>(bench: string, rows: R[]): R[] =>
    rows.map((row) => ({ ...row, name: `${bench}: ${row.name}` }));
  const rows = outcomes.flatMap(({ bench, rows }) => named(bench, rows));
  const missing = outcomes.flatMap(({ bench, missing }) => named(bench, missing));
  return table("all", rows, missing);
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 6e4)}:${String(Math.floor(ms / 1e3) % 60).padStart(2, "0")}`;
}

function list(): string {
  const lines = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(18)}${about}`);
  return [usage, ...lines].join("\n");
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--threads takes a whole number from 1 on, got "${text}".`);
  return Number(text);
}
