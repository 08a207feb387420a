/**
 * The exact all-pairs manifold term beside its literal map in PyTorch, while that fits, and beside the released three terms at
 * the size of the paper's batches: time and memory of value and gradient, beyond the tokens. The gradient itself, which no form
 * can do without, is also left out on both sides.
 * https://arxiv.org/abs/2107.01378
 */
import { median, type Row, row } from "./form.js";
import { equal, inTurn, type Pair, type Sides, versions, within } from "./pair.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";

/** DeiT-Tiny's tokens under CaiT-S24's. */
const widths = { student: 192, teacher: 384, patches: 196 };

interface Case {
  name: string;
  batch: number;
  layers: number;
  /** The form of each side: `all`, `three`, and PyTorch's `literal` map of all pairs. */
  forms: Sides<string>;
  targets: { time: number | null; memory: number | null; beyond: number | null };
}

const cases: readonly Case[] = [
  ...[16, 32].map((batch) => ({
    name: `all pairs against the literal map, batch ${batch}, 1 layer`,
    batch,
    layers: 1,
    forms: { ours: "all", reference: "literal" },
    targets: { time: 1, memory: 0.1, beyond: 0.1 },
  })),
  {
    name: "all pairs against the three terms, batch 128, 8 layers",
    batch: 128,
    layers: 8,
    forms: { ours: "all", reference: "three" },
    targets: { time: 1, memory: null, beyond: 0.1 },
  },
  {
    name: "the three terms, batch 128, 8 layers",
    batch: 128,
    layers: 8,
    forms: { ours: "three", reference: "three" },
    targets: { time: 1, memory: null, beyond: null },
  },
];

export const manifoldTerms: Bench = {
  about: "the manifold terms: all pairs against the literal map and against the released three, time, memory and error",
  async run({ threads }) {
    const python = findPython();
    const fresh = <T>(measure: (pair: Pair) => Promise<T>) => within("manifold-terms", python, equal(threads), measure);
    const details = await fresh(versions);
    const rows: Row[] = [];
    for (const one of cases) rows.push(...(await fresh((pair) => measure(pair, one))));
    return { rows, details: { threads, ...widths, ...details } };
  },
};

/** The peak of the first pass, then the time of those that follow; the values must agree. */
async function measure(pair: Pair, { name, batch, layers, forms, targets }: Case): Promise<Row[]> {
  for (const side of ["ours", "reference"] as const)
    await pair[side].ask("prepare", { batch, layers, ...widths, form: forms[side] });
  const memory = { ours: await pair.ours.growth("pass"), reference: await pair.reference.growth("pass") };
  const result = (layers * batch * widths.patches * widths.student * 4) / 2 ** 20;
  const time = await inTurn(pair, 3, async (program) => median(await program.ask<number[]>("passes", { count: 2 })));
  const rows = [
    row(name, "ms", time.ours, time.reference, targets.time),
    row(`${name}: memory`, "MiB", memory.ours, memory.reference, targets.memory),
    row(`${name}: memory beyond the gradient`, "MiB", memory.ours - result, memory.reference - result, targets.beyond),
  ];
  if (forms.reference === "three" && forms.ours === "all") return rows; // two losses
  const [ours, reference] = await Promise.all([pair.ours.ask<number>("value"), pair.reference.ask<number>("value")]);
  if (Math.abs(ours / reference - 1) > 1e-4) throw new Error(`${name}: our loss is ${ours}, PyTorch's ${reference}`);
  return rows;
}
