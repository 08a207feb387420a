/**
 * The step of manifold distillation (DeiT-Tiny under CaiT-S24, 224 px, the released losses, AdamW) beside PyTorch as it comes, at
 * its best, and compiled. Weights are filled by one formula on both sides, so that the losses have to be equal.
 */
import { availableParallelism } from "node:os";
import { agreement, median, type Row, row } from "./form.js";
import type { Bench } from "./main.js";
import { oursOf, referenceOf } from "./pair.js";
import type { Environment, Program } from "./program.js";
import { findPython, findPython2 } from "./python.js";

const BATCH = 16;
const ROUNDS = 5;
/** Pictures of a trial. */
const FEW = 4;
/** Losses of equal steps may differ by this share: the released code computes them in the precision of the models. */
const TOLERANCE = { fp32: 1e-4, bf16: 0.02 };

/** One way to run PyTorch. */
interface Setting {
  precision: "fp32" | "bf16";
  /** Of libtorch's pool and of OpenBLAS's; PyTorch's own choice unless told. */
  threads?: { torch: number; blas: number };
  /** torch.compile on both models. */
  compiled?: boolean;
}

/** Milliseconds of each step, and its loss. */
interface Steps {
  times: number[];
  losses: number[];
}

/** A program that is ready to step, and what its steps were so far. */
interface Contender extends Steps {
  program: Program;
  torch: string;
}

export const manifoldStep: Bench = {
  about: `time and memory of a manifold step, DeiT-Tiny under CaiT-S24, ${BATCH} pictures, beside PyTorch at its best`,
  async run() {
    const [python, python2] = [findPython(), findPython2()];
    const eager = await ranked(python, eagerSettings());
    const best = eager[0].setting;
    const wide = eager.find(({ setting }) => setting.precision === "fp32")!.setting;

    const started: Contender[] = [];
    const start = async (program: Program, request: object): Promise<Contender> => {
      const contender = await ready(program, request);
      started.push(contender);
      return contender;
    };
    const theirs = (python: string, setting: Setting) => start(programOf(python, setting), requestOf(setting));
    try {
      const ours = await start(oursOf("manifold-step"), { precision: "auto" });
      const oursWide = await start(oursOf("manifold-step"), { precision: "float32" });
      const comes = await theirs(python, { precision: "fp32" });
      const theirBest = await theirs(python, best);
      const theirWide = best === wide ? theirBest : await theirs(python, wide);
      const theirCompiled = python2 ? await theirs(python2, compiled) : null;
      await compete(started);

      const bound = await leastTime(ours.program, best.precision);
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
        details: {
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

/** Every precision and number of threads that may be the fastest here. */
function eagerSettings(): Setting[] {
  const counts = [...new Set([1, availableParallelism()])];
  const threads = counts.flatMap((torch) => counts.map((blas) => ({ torch, blas })));
  return (["bf16", "fp32"] as const).flatMap((precision) => threads.map((threads) => ({ precision, threads })));
}

const compiled: Setting = {
  precision: "bf16",
  threads: { torch: availableParallelism(), blas: availableParallelism() },
  compiled: true,
};

const words = ({ precision, threads }: Setting): string =>
  threads ? `${precision}, ${threads.torch} threads, ${threads.blas} of BLAS` : precision;

const requestOf = ({ precision, compiled }: Setting) => ({ precision, compiled });

function programOf(python: string, { threads }: Setting): Program {
  const environment: Environment = {
    OMP_NUM_THREADS: threads && String(threads.torch),
    OPENBLAS_NUM_THREADS: threads && String(threads.blas),
    MKL_NUM_THREADS: undefined,
  };
  return referenceOf("manifold-step", python, environment);
}

/** The settings by the time of a step, from a short trial of each; the first step warms up. */
async function ranked(python: string, settings: Setting[]): Promise<{ setting: Setting; time: number }[]> {
  const trials: { setting: Setting; time: number }[] = [];
  for (const setting of settings) {
    const { program } = await ready(programOf(python, setting), { ...requestOf(setting), filled: false }, FEW);
    const { times } = await program.ask<Steps>("steps", { count: 3 });
    trials.push({ setting, time: Math.min(...times.slice(1)) });
    program.end();
  }
  return trials.sort((a, b) => a.time - b.time);
}

async function ready(program: Program, request: object, batch = BATCH): Promise<Contender> {
  const { torch } = await program.ask<{ torch: string }>("describe");
  await program.ask("prepare", { ...request, batch });
  return { program, torch, times: [], losses: [] };
}

/** One step each in turn, so that whatever else the machine does falls on all; memory counts from the second round on. */
async function compete(contenders: Contender[]): Promise<void> {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of contenders) {
      if (round === 1) contender.program.forgetPeak();
      const { times, losses } = await contender.program.ask<Steps>("steps", { count: 1 });
      contender.times.push(...times);
      contender.losses.push(...losses);
    }
  }
}

/** The first step warms up, or compiles. */
const time = ({ times }: Contender): number => median(times.slice(1));

/** The losses of the first and of the last step: whatever differs in a step is in the next one's. */
const losses = (name: string, ours: Contender, theirs: Contender, tolerance: number): Row[] =>
  [0, ROUNDS].map((step) => agreement(`loss of step ${step + 1}, ${name}`, ours.losses[step], theirs.losses[step], tolerance));

/** Milliseconds that the step's products alone would take at the speed of large ones. */
async function leastTime(program: Program, precision: Setting["precision"]): Promise<number> {
  const dtype = precision === "bf16" ? "bfloat16" : "float32";
  const [macs, peak] = [await program.ask<number>("macs"), await program.ask<number>("peak", { dtype })];
  return ((BATCH * macs) / peak) * 1e3;
}
