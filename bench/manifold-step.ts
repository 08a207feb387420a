/**
 * The step of manifold distillation (DeiT-Tiny under CaiT-S24, 224 px, the released losses, AdamW) beside PyTorch as it comes, at
 * its best, and compiled. Weights are filled by one formula on both sides, so that the losses have to be equal.
 */
import { availableParallelism } from "node:os";
import { dtypeOf, peakOf } from "./bound.js";
import { agreement, type Missing, type Row, row } from "./form.js";
import { oursOf } from "./pair.js";
import { precisions } from "./precisions.js";
import type { Program } from "./program.js";
import { findPython, findPython2 } from "./python.js";
import type { Bench } from "./run.js";
import {
  type Contender,
  compete,
  eagerTrials,
  type Macs,
  paper,
  programOf,
  ready,
  requestOf,
  type Setting,
  stepMacs,
  TOLERANCE,
  time,
  words,
} from "./step.js";

const BATCH = 16;
const ROUNDS = 5;

export const manifoldStep: Bench = {
  about: `time and memory of a manifold step, DeiT-Tiny under CaiT-S24, ${BATCH} pictures, beside PyTorch at its best`,
  async run({ note }) {
    const python = findPython();
    const eager = await eagerTrials(python, note);
    const best = eager[0].setting;
    const wide = eager.find(({ setting }) => setting.precision === "fp32")!.setting;

    const started: Contender[] = [];
    const missing: Missing[] = [];
    const start = async (program: Program, request: { precision: string; compiled?: boolean }): Promise<Contender> => {
      const contender = await ready(program, { ...paper, batch: BATCH, ...request });
      started.push(contender);
      return contender;
    };
    const theirs = (setting: Setting) => start(programOf(python, setting), requestOf(setting));
    try {
      const ours = await start(oursOf("manifold-step"), { precision: "auto" });
      const oursWide = await start(oursOf("manifold-step"), { precision: "float32" });
      const comes = await theirs({ precision: "fp32" });
      const theirBest = await theirs(best);
      const theirWide = best === wide ? theirBest : await theirs(wide);
      const theirCompiled = await startCompiled().catch((error: Error) => {
        missing.push({ name: "step, compiled by PyTorch 2", why: error.message });
        return null;
      });
      if (theirCompiled) started.push(theirCompiled);
      note("steps in turn");
      await compete(started, ROUNDS);

      const macs = stepMacs(await ours.program.ask<Macs>("macs"));
      const bound = ((BATCH * macs) / (await peakOf(ours.program, dtypeOf(best.precision)))) * 1e3;
      const against = (name: string, a: Contender, b: Contender, target: number) =>
        row(`step, ${name}`, "ms", time(a), time(b), target, bound);
      const rows = [
        against("PyTorch as it comes", ours, comes, 0.25),
        against(`best eager PyTorch (${words(best)})`, ours, theirBest, 0.5),
        row(`step, float32, best PyTorch (${words(wide)})`, "ms", time(oursWide), time(theirWide), 1),
        ...(theirCompiled ? [against(`compiled by PyTorch ${theirCompiled.torch}`, ours, theirCompiled, 1)] : []),
        row("largest memory, best eager PyTorch", "MiB", ours.program.peakMemory(), theirBest.program.peakMemory(), 0.6),
        ...losses("float32", oursWide, theirWide, TOLERANCE.fp32),
        ...losses("at best", ours, theirBest, TOLERANCE[best.precision]),
      ];
      return {
        rows,
        missing,
        details: {
          threads: { ours: ours.threads, reference: words(best) },
          batch: BATCH,
          torch: { ours: ours.torch, reference: theirBest.torch, compiled: theirCompiled?.torch ?? null },
          picturesPerSecond: Math.round((BATCH / time(ours)) * 1e4) / 10,
          shareOfBound: Math.round((100 * bound) / time(ours)) / 100,
          trials: eager.map(({ setting, time }) => `${words(setting)}: ${time.toFixed(0)} ms`),
        },
      };
    } finally {
      for (const { program } of started) program.end();
    }
  },
};

const compiled: Setting = {
  precision: precisions[0],
  threads: { torch: availableParallelism(), blas: availableParallelism() },
  compiled: true,
};

/** Compiling wants more than a Python with torch 2, a compiler for C++ among it: a step ahead shows whether it can. */
async function startCompiled(): Promise<Contender> {
  const python = findPython2();
  if (!python) throw new Error("no Python with torch 2 or newer; npm run setup:python makes one, PYTHON_2 names one");
  const contender = await ready(programOf(python, compiled), { ...paper, batch: BATCH, ...requestOf(compiled) });
  await compete([contender], 0);
  return { ...contender, times: [], losses: [] };
}

/** The losses of the first and of the last step: whatever differs in a step is in the next one's. */
const losses = (name: string, ours: Contender, theirs: Contender, tolerance: number): Row[] =>
  [0, ROUNDS].map((step) => agreement(`loss of step ${step + 1}, ${name}`, ours.losses[step], theirs.losses[step], tolerance));
