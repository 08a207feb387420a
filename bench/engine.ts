/** The engine beside PyTorch: single operators on tiny tensors, then a DeiT-Tiny training step (224 px, batch 8). */
import { boundOf, dtypeOf, type Precision } from "./bound.js";
import { median, type Row, row } from "./form.js";
import { equal, inTurn, type Pair, type Sides, versions, within } from "./pair.js";
import { precisions } from "./precisions.js";
import type { Environment, Program } from "./program.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";

const asItComes: Environment = { OMP_NUM_THREADS: undefined, OPENBLAS_NUM_THREADS: undefined, MKL_NUM_THREADS: undefined };

export const engine: Bench = {
  about: "time of single operators, time and memory of a DeiT-Tiny training step",
  async run({ threads }) {
    const python = findPython();
    // on one thread what an operator costs is not hidden behind the waking of a pool
    const { rows, details } = await within("engine", python, equal(1), async (pair) => ({
      details: await versions(pair),
      rows: await operators(pair),
    }));
    for (const precision of precisions) {
      rows.push(...(await within("engine", python, equal(threads), (pair) => equalSteps(pair, precision))));
    }
    rows.push(await within("engine", python, asItComes, freeSteps));
    return { rows, details: { threads, ...details } };
  },
};

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
  const bound = await boundOf(pair.ours, dtypeOf(precision));
  return [
    row(`DeiT-Tiny step, ${precision}, equal settings`, "ms", time.ours, time.reference, 1, bound),
    row(`peak memory, ${precision}, equal settings`, "MiB", ours, reference, 1.1),
  ];
}

/** What a user gets who sets nothing: our engine's own choices, and PyTorch's. */
async function freeSteps(pair: Pair): Promise<Row> {
  const precision = await pair.ours.ask<Precision>("fastest");
  await prepare(pair.ours, precision);
  await prepare(pair.reference, "fp32");
  const { ours, reference } = await stepTime(pair);
  const bound = await boundOf(pair.ours, dtypeOf(precision));
  return row("DeiT-Tiny step, ours at best, PyTorch as it comes", "ms", ours, reference, 1, bound);
}

const prepare = (program: Program, precision: Precision) => program.ask<number>("prepare", { precision, batch: 8 });

function stepTime(pair: Pair): Promise<Sides> {
  return inTurn(pair, 9, async (program) => median(await program.ask<number[]>("steps", { count: 2 })));
}
