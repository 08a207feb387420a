/** `npm run bench -- NAME|all [--check] [--threads N]`: measures our programs beside their PyTorch references. */
import { parseArgs } from "node:util";
import { compileOurs } from "./compile.js";
import { engine } from "./engine.js";
import { foreignTeachers } from "./foreign-teachers.js";
import { keep, machine, print, type Result, type Row, show } from "./form.js";
import { involution } from "./involution.js";
import { kernels } from "./kernels.js";
import { loader } from "./loader.js";
import { manifoldStep } from "./manifold-step.js";
import { manifoldTerms } from "./manifold-terms.js";

export interface Bench {
  about: string;
  /** `threads` is what both sides get where they run on equal settings. */
  run(options: { threads: number }): Promise<{ rows: Row[]; details?: Record<string, unknown> }>;
}

const benches: Record<string, Bench> = {
  engine,
  "foreign-teachers": foreignTeachers,
  involution,
  kernels,
  loader,
  "manifold-step": manifoldStep,
  "manifold-terms": manifoldTerms,
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
  const results: Result[] = [];
  for (const one of name === "all" ? Object.keys(benches) : [name]) {
    const { rows, details } = await benches[one].run({ threads });
    results.push({ bench: one, rows, machine: machine(details) });
    show(results.at(-1)!);
    keep(results.at(-1)!);
  }
  const rows = results.flatMap(({ bench, rows }) => rows.map((row) => ({ ...row, name: `${bench}: ${row.name}` })));
  if (name === "all") print("all", rows);
  if (check && rows.some((row) => !row.ok)) process.exitCode = 1;
}

function list(): string {
  const lines = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(18)}${about}`);
  return [usage, ...lines].join("\n");
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--threads takes a whole number from 1 on, got "${text}".`);
  return Number(text);
}
