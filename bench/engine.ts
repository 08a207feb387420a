/** The engine beside PyTorch: single operators on tiny tensors, then a DeiT-Tiny training step (224 px, batch 8). */
import { median, type Row, row } from "./form.js";
import type { Bench } from "./main.js";
import { type Environment, Program } from "./program.js";
import { findPython } from "./python.js";

// torch's own pool only: BLAS keeps to one thread, because the two pools fight when both are wide
const equal = (threads: number): Environment => ({ OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: "1" });
const asItComes: Environment = { OMP_NUM_THREADS: undefined, OPENBLAS_NUM_THREADS: undefined, MKL_NUM_THREADS: undefined };

type Precision = "fp32" | "bf16";
type Pair = { ours: Program; reference: Program };
type Sides = { ours: number; reference: number };

export const engine: Bench = {
  about: "time of single operators, time and memory of a DeiT-Tiny training step",
  async run({ threads }) {
    const python = findPython();
    // on one thread what an operator costs is not hidden behind the waking of a pool
    const { rows, details } = await within(python, equal(1), async (pair) => ({
      details: await versions(pair),
      rows: await operators(pair),
    }));
    for (const precision of ["fp32", "bf16"] as const) {
      rows.push(...(await within(python, equal(threads), (pair) => equalSteps(pair, precision))));
    }
    rows.push(await within(python, asItComes, freeSteps));
    return { rows, details: { threads, ...details } };
  },
};

/** Each measurement has fresh processes, so that the peak of one is not the peak of another. */
async function within<T>(python: string, environment: Environment, measure: (pair: Pair) => Promise<T>): Promise<T> {
  const file = (path: string) => new URL(path, import.meta.url).pathname;
  const pair = {
    ours: new Program([process.execPath, "--import", "tsx", file("ours/engine.ts")], environment),
    reference: new Program([python, file("reference/engine.py")], environment),
  };
  try {
    return await measure(pair);
  } finally {
    pair.ours.end();
    pair.reference.end();
  }
}

interface Description {
  torch: string;
  threads: number;
}

/** Both sides run on as many threads, or there is nothing to compare. */
async function versions({ ours, reference }: Pair) {
  const [left, right] = [await ours.ask<Description>("describe"), await reference.ask<Description>("describe")];
  if (left.threads !== right.threads) throw new Error(`Unequal threads: ours ${left.threads}, PyTorch ${right.threads}`);
  return { torch: { ours: left.torch, reference: right.torch } };
}

async function operators(pair: Pair): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of await pair.ours.ask<string[]>("names")) {
    const ask = (program: Program) => program.ask<number>("operator", { name, calls: 4000 });
    const { ours, reference } = await inTurn(pair, 9, ask);
    rows.push(row(name, "us", ours, reference, 1.3));
  }
  return rows;
}

async function equalSteps(pair: Pair, precision: Precision): Promise<Row[]> {
  await versions(pair);
  const [left, right] = [await prepare(pair.ours, precision), await prepare(pair.reference, precision)];
  if (left !== right) throw new Error(`Unequal models: ours has ${left} parameters, PyTorch's ${right}`);
  const time = await stepTime(pair);
  const [ours, reference] = [pair.ours.peakMemory(), pair.reference.peakMemory()];
  return [
    row(`DeiT-Tiny step, ${precision}, equal settings`, "ms", time.ours, time.reference, 1),
    row(`peak memory, ${precision}, equal settings`, "MiB", ours, reference, 1.1),
  ];
}

/** What a user gets who sets nothing: our engine's own choices, and PyTorch's. */
async function freeSteps(pair: Pair): Promise<Row> {
  const { fastest } = await pair.ours.ask<{ fastest: Precision }>("describe");
  await prepare(pair.ours, fastest);
  await prepare(pair.reference, "fp32");
  const { ours, reference } = await stepTime(pair);
  return row("DeiT-Tiny step, ours at best, PyTorch as it comes", "ms", ours, reference, 1);
}

const prepare = (program: Program, precision: Precision) => program.ask<number>("prepare", { precision, batch: 8 });

function stepTime(pair: Pair): Promise<Sides> {
  return inTurn(pair, 9, async (program) => median(await program.ask<number[]>("steps", { count: 2 })));
}

/** Asks both sides in turn, so that whatever else the machine does falls on both; the first round warms up. */
async function inTurn({ ours, reference }: Pair, rounds: number, ask: (program: Program) => Promise<number>): Promise<Sides> {
  const times = { ours: [] as number[], reference: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    times.ours.push(await ask(ours));
    times.reference.push(await ask(reference));
  }
  return { ours: median(times.ours.slice(1)), reference: median(times.reference.slice(1)) };
}
