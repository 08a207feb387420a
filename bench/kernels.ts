/** The operators of a frozen CaiT-S24 and of a DeiT-Tiny in training that are our own beside the same by libtorch's, both in our engine. */
import { boundOf } from "./bound.js";
import { median, type Row, row } from "./form.js";
import type { Work } from "./ours/kernels.js";
import { during, equal, inTurn, oursOf, type Pair, versions } from "./pair.js";
import { hasBfloat16, noBfloat16 } from "./precisions.js";
import type { Bench } from "./run.js";

interface Case extends Omit<Work, "form"> {
  name: string;
  target: number;
}

const cases: readonly Case[] = [
  { name: "talking heads, bfloat16, 16 pictures", part: "heads", dtype: "bfloat16", batch: 16, target: 0.5 },
  { name: "talking heads, float32, 16 pictures", part: "heads", dtype: "float32", batch: 16, target: 0.5 },
  { name: "the whole model, bfloat16, 16 pictures", part: "model", dtype: "bfloat16", batch: 16, target: 0.5 },
  { name: "the whole model, bfloat16, 1 picture", part: "model", dtype: "bfloat16", batch: 1, target: 1 },
  { name: "the whole model, float32, 4 pictures", part: "model", dtype: "float32", batch: 4, target: 1 },
  { name: "student, forward and backward, 16 pictures", part: "student", dtype: "bfloat16", batch: 16, target: 0.8 },
  { name: "student, forward and backward, 64 pictures", part: "student", dtype: "bfloat16", batch: 64, target: 0.8 },
];

export const kernels: Bench = {
  about: "operators of our own beside libtorch's: talking heads, a frozen CaiT-S24, and a DeiT-Tiny in training",
  async run({ threads }) {
    const rows: Row[] = [];
    let details = {};
    const possible = cases.filter(({ dtype }) => hasBfloat16 || dtype === "float32");
    for (const one of possible) {
      await during({ ours: oursOf("kernels", equal(threads)), reference: oursOf("kernels", equal(threads)) }, async (pair) => {
        details = await versions(pair);
        rows.push(...(await measure(pair, one)));
      });
    }
    const missing = cases.filter((one) => !possible.includes(one)).map(({ name }) => noBfloat16(name));
    return { rows, missing, details: { threads, ...details } };
  },
};

async function measure(pair: Pair, { name, target, ...work }: Case): Promise<Row[]> {
  await pair.ours.ask("prepare", { ...work, form: "fused" });
  await pair.reference.ask("prepare", { ...work, form: "composed" });
  const time = await inTurn(pair, 5, async (program) => median(await program.ask<number[]>("passes", { count: 1 })));
  const memory = row(`${name}: largest memory`, "MiB", pair.ours.peakMemory(), pair.reference.peakMemory(), 0.8);
  const bound = await boundOf(pair.ours, work.dtype);
  return [row(name, "ms", time.ours, time.reference, target, bound), ...(work.part === "student" ? [memory] : [])];
}
