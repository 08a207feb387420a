/**
 * The step of manifold distillation (DeiT-Tiny under a CaiT, the released losses, AdamW) as our program and PyTorch's take it: what
 * both build, the ways to run PyTorch and which of them is best, and steps in turn.
 */
import { availableParallelism } from "node:os";
import type { Precision } from "./bound.js";
import { median } from "./form.js";
import { referenceOf } from "./pair.js";
import { precisions } from "./precisions.js";
import type { Environment, Program } from "./program.js";

/** What both sides build. Weights are filled by one formula, so that the losses have to be equal. */
export interface Work {
  /** Pictures. */
  batch: number;
  /** Pixels of a side of theirs. */
  size: number;
  /** A CaiT for patches of 16 pixels. */
  teacher: { embedDim: number; depth: number; heads: number };
}

/** The paper's: CaiT-S24 on pictures of 224 px. */
export const paper: Omit<Work, "batch"> = { size: 224, teacher: { embedDim: 384, depth: 24, heads: 8 } };

/** Pictures of a trial. */
const FEW = 4;
/** Losses of equal steps may differ by this share: the released code computes them in the precision of the models. */
export const TOLERANCE = { fp32: 1e-4, bf16: 0.02 };

/** One way to run PyTorch. */
export interface Setting {
  precision: Precision;
  /** Of libtorch's pool and of OpenBLAS's; PyTorch's own choice unless told. */
  threads?: { torch: number; blas: number };
  /** torch.compile on both models. */
  compiled?: boolean;
}

export const words = ({ precision, threads }: Setting): string =>
  threads ? `${precision}, ${threads.torch} threads, ${threads.blas} of BLAS` : precision;

export const requestOf = ({ precision, compiled }: Setting) => ({ precision, compiled });

export function programOf(python: string, { threads }: Setting): Program {
  const environment: Environment = {
    OMP_NUM_THREADS: threads && String(threads.torch),
    OPENBLAS_NUM_THREADS: threads && String(threads.blas),
    MKL_NUM_THREADS: undefined,
  };
  return referenceOf("manifold-step", python, environment);
}

/** Every precision and number of threads that may be the fastest here. */
function eagerSettings(): Setting[] {
  const counts = [...new Set([1, availableParallelism()])];
  const threads = counts.flatMap((torch) => counts.map((blas) => ({ torch, blas })));
  return precisions.flatMap((precision) => threads.map((threads) => ({ precision, threads })));
}

export interface Trial {
  setting: Setting;
  /** Milliseconds of a step. */
  time: number;
}

let known: Promise<Trial[]> | undefined;

/** PyTorch's settings without compilation, the fastest first; found once, for all benches that want to know. */
export const eagerTrials = (python: string, note: (text: string) => void): Promise<Trial[]> =>
  (known ??= ranked(python, eagerSettings(), note));

/** A short trial of each; the first step warms up. */
async function ranked(python: string, settings: Setting[], note: (text: string) => void): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const setting of settings) {
    note(`a trial of PyTorch, ${words(setting)}`);
    const program = programOf(python, setting);
    await program.ask("prepare", { ...paper, batch: FEW, ...requestOf(setting), filled: false });
    const { times } = await program.ask<Steps>("steps", { count: 3 });
    trials.push({ setting, time: Math.min(...times.slice(1)) });
    program.end();
  }
  return trials.sort((a, b) => a.time - b.time);
}

/** Milliseconds of each step, and its loss. */
interface Steps {
  times: number[];
  losses: number[];
}

/** A program that is ready to step, and what its steps were so far. */
export interface Contender extends Steps {
  program: Program;
  torch: string;
  threads: number;
}

export async function ready(program: Program, request: Work & { precision: string; compiled?: boolean }): Promise<Contender> {
  const { torch, threads } = await program.ask<{ torch: string; threads: number }>("describe");
  await program.ask("prepare", { ...request });
  return { program, torch, threads, times: [], losses: [] };
}

/** One step each in turn, so that whatever else the machine does falls on all; memory counts from the second round on. */
export async function compete(contenders: readonly Contender[], rounds: number): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      if (round === 1) contender.program.forgetPeak();
      const { times, losses } = await contender.program.ask<Steps>("steps", { count: 1 });
      contender.times.push(...times);
      contender.losses.push(...losses);
    }
  }
}

/** The first step warms up, or compiles. */
export const time = ({ times }: Contender): number => median(times.slice(1));

/** Multiply-accumulates of a picture through each model, forward. */
export interface Macs {
  teacher: number;
  student: number;
}

/** Multiply-accumulates of one picture's step: the teacher's forward pass, and three products where the student has one. */
export const stepMacs = ({ teacher, student }: Macs): number => teacher + 3 * student;
