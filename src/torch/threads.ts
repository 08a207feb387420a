/** How many threads, and whose: libtorch's own pool gets the cores, OpenBLAS keeps to one, because two pools fight. */

import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";

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
 * VIT_DISTILL_THREADS, then OMP_NUM_THREADS, then every core; OPENBLAS_NUM_THREADS, then 1.
 */
export function configureThreads(env: NodeJS.ProcessEnv = process.env): ThreadChoice {
  const reasons: string[] = [];
  const asked = env.VIT_DISTILL_THREADS || env.OMP_NUM_THREADS;
  const threads = asked ? positive(asked) : availableParallelism();
  reasons.push(
    asked
      ? `${threads} torch threads: set by ${env.VIT_DISTILL_THREADS ? "VIT_DISTILL_THREADS" : "OMP_NUM_THREADS"}`
      : `${threads} torch threads: every core (libtorch alone would take half of the hardware threads)`,
  );
  reasons.push(
    env.OPENBLAS_NUM_THREADS
      ? `${env.OPENBLAS_NUM_THREADS} OpenBLAS threads: set by OPENBLAS_NUM_THREADS`
      : "1 OpenBLAS thread: its pool and libtorch's would fight over the same cores",
  );
  // a worker's environment is a copy that the C library never sees; there the main thread has already chosen
  if (isMainThread) {
    env.OMP_NUM_THREADS ||= String(threads);
    env.OPENBLAS_NUM_THREADS ||= "1";
  }
  return { threads, blasThreads: env.OPENBLAS_NUM_THREADS || "1", reasons };
}

function positive(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`The number of threads must be a positive whole number, got "${text}".`);
  return count;
}
