/** What this engine is made of, for `vit-distill info` and a run's manifest. */

import { readFileSync } from "node:fs";
import { addon, threadChoice } from "./addon.js";

export interface EngineInfo {
  libtorch: string;
  threads: number;
  blasThreads: string;
  /** The BLAS library that is mapped into this process, or null where that cannot be told. */
  blas: string | null;
  /** Why threads and BLAS are as they are, a sentence each. */
  reasons: string[];
  /** Whether the processor multiplies bfloat16 itself, so that autocast is the fast default. */
  bfloat16: boolean;
  devices: string[];
}

export function engineInfo(): EngineInfo {
  const { version, threads, cuda } = addon.info();
  return {
    libtorch: version,
    threads,
    blasThreads: threadChoice.blasThreads,
    blas: mappedBlas(),
    reasons: threadChoice.reasons,
    bfloat16: hasBfloat16(),
    devices: ["cpu", ...Array.from({ length: cuda }, (_, i) => `cuda:${i}`)],
  };
}

/** Chooses the fast precision of this machine: bfloat16 autocast where the processor has it. */
export const hasBfloat16 = (): boolean => /\b(avx512_bf16|amx_bf16|bf16)\b/.test(read("/proc/cpuinfo"));

const { matrixUnit } = addon.info();

/** Whether the processor multiplies tiles of bfloat16 (AMX) and the system lets us. */
export const hasMatrixUnit = (): boolean => matrixUnit;

function mappedBlas(): string | null {
  const libraries = [...new Set(read("/proc/self/maps").match(/\S*(?:openblas|blis|mkl_rt|atlas|libblas)\S*\.so\S*/g) ?? [])];
  return libraries[0] ?? null;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // not Linux
  }
}
