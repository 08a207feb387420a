/** What this engine is made of, for `vit-distill info` and a run's manifest. */

import { readFileSync } from "node:fs";
import { type AddonInfo, addon, cpuChoice, threadChoice } from "./addon.js";
import type { Isa } from "./cpu.js";

export interface EngineInfo {
  libtorch: string;
  /** The instruction set of the processor. */
  processor: Isa;
  /** The one that our kernels use: the processor's, or a lower one where VIT_DISTILL_CPU asks for it. */
  isa: Isa;
  /** What each of libtorch's libraries was seen to take, in its own words; null where it does not say, or is not there. */
  libraries: { aten: string | null; oneDnn: string | null; openBlas: string | null; mkl: string | null };
  threads: number;
  blasThreads: string;
  /** The BLAS library that is mapped into this process, or null where that cannot be told. */
  blas: string | null;
  /** Why instruction set, threads and BLAS are as they are, a sentence each. */
  reasons: string[];
  /** Whether the processor multiplies bfloat16 itself, so that autocast is the fast default. */
  bfloat16: boolean;
  devices: string[];
}

export function engineInfo(): EngineInfo {
  const found = addon.info();
  const { version, isa, processorIsa, threads, cuda } = found;
  return {
    libtorch: version,
    processor: processorIsa,
    isa,
    libraries: librariesOf(found),
    threads,
    blasThreads: threadChoice.blasThreads,
    blas: mappedBlas(),
    reasons: [...cpuChoice.reasons, ...threadChoice.reasons],
    bfloat16: hasBfloat16(),
    devices: ["cpu", ...Array.from({ length: cuda }, (_, i) => `cuda:${i}`)],
  };
}

/** By `dnnl_cpu_isa_t`: https://uxlfoundation.github.io/oneDNN/enum_dnnl_cpu_isa_t.html */
const ONEDNN_ISAS: Record<number, string> = {
  1: "SSE41",
  3: "AVX",
  7: "AVX2",
  15: "AVX2_VNNI",
  39: "AVX512_CORE",
  103: "AVX512_CORE_VNNI",
  231: "AVX512_CORE_BF16",
  487: "AVX512_CORE_FP16",
  999: "AVX512_CORE_AMX",
  1031: "AVX2_VNNI",
};

function librariesOf({ config, oneDnnIsa, openBlasCore, mklProcessor }: AddonInfo): EngineInfo["libraries"] {
  return {
    aten: /capability usage: (\S+)/.exec(config)?.[1] ?? null,
    oneDnn: oneDnnIsa === undefined ? null : (ONEDNN_ISAS[oneDnnIsa] ?? `0x${oneDnnIsa.toString(16)}`),
    openBlas: openBlasCore ?? null,
    mkl: mklProcessor ?? null,
  };
}

/** Whether oneDNN multiplies bfloat16 by instructions of the processor's, so that autocast is the fast default. */
export const hasBfloat16 = (): boolean => cpuChoice.bfloat16;

const { isa } = addon.info();

/** Whether the processor multiplies tiles of bfloat16 (AMX), the system lets us, and VIT_DISTILL_CPU does not ask for less. */
export const hasMatrixUnit = (): boolean => isa === "amx";

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
