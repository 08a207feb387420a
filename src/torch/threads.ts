/**
 * How many threads, and whose. libtorch's own pool (libgomp's) and OpenBLAS's both get every core; they only fight while a
 * thread that waits spins on a core that the other pool needs, so libgomp's are told to give up soon.
 */

import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { refuse } from "./refuse.js";

/** Turns of a waiting libgomp thread before it sleeps: enough for the gap between two operators. */
const SPIN = "10000";

export interface ThreadChoice {
  /** Threads of libtorch's operators. */
  threads: number;
  /** OPENBLAS_NUM_THREADS as the BLAS library saw it. */
  blasThreads: string;
  /** One sentence each, for `vit-distill info`. */
  reasons: string[];
}

/**
 * Settles the environment before libtorch is loaded (its libraries read it while they load). What the user set stays:
 * VIT_DISTILL_THREADS, then OMP_NUM_THREADS, then every core; OPENBLAS_NUM_THREADS, then as many; OMP_WAIT_POLICY or
 * GOMP_SPINCOUNT, then a short wait.
 */
export function configureThreads(env: NodeJS.ProcessEnv = process.env): ThreadChoice {
  const asked = env.VIT_DISTILL_THREADS || env.OMP_NUM_THREADS;
  const threads = asked ? positive(asked) : availableParallelism();
  const blasThreads = env.OPENBLAS_NUM_THREADS || String(threads);
  const waits = env.OMP_WAIT_POLICY ? "OMP_WAIT_POLICY" : env.GOMP_SPINCOUNT ? "GOMP_SPINCOUNT" : null;
  const reasons = [
    asked
      ? `${threads} torch threads: set by ${env.VIT_DISTILL_THREADS ? "VIT_DISTILL_THREADS" : "OMP_NUM_THREADS"}`
      : `${threads} torch threads: every core (libtorch alone would take half of the hardware threads)`,
    `${blasThreads} OpenBLAS threads: ${env.OPENBLAS_NUM_THREADS ? "set by OPENBLAS_NUM_THREADS" : "as many, for products in float32"}`,
    waits
      ? `how threads wait: set by ${waits}`
      : `waiting threads sleep after ${SPIN} turns: spinning, the two pools would fight over the cores`,
  ];
  // a worker's environment is a copy that the C library never sees; there the main thread has already chosen
  if (isMainThread) {
    env.OMP_NUM_THREADS ||= String(threads);
    env.OPENBLAS_NUM_THREADS ||= blasThreads;
    if (!waits) env.GOMP_SPINCOUNT = SPIN;
  }
  return { threads, blasThreads, reasons };
}

function positive(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    refuse(RangeError, "ERR_TORCH_ARGUMENT", `The number of threads must be a positive whole number, got "${text}".`);
  return count;
}
