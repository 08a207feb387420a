/**
 * Which instruction set is used: the processor's, or a lower one where `VIT_DISTILL_CPU` asks for it. native/cpu.cc reads the same variable
 * for our kernels; libtorch's libraries read variables of their own while they load, which are set here before that.
 */

import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { refuse } from "./refuse.js";

/** From the lowest up; each has all that those before it have. As `enum class Isa` in native/cpu.h. */
export const isas = ["portable", "avx2", "avx512", "avx512bf16", "amx"] as const;
export type Isa = (typeof isas)[number];

export interface CpuChoice {
  /** What the processor has, by its flags. */
  processor: Isa;
  /** What is used: the processor's, or what VIT_DISTILL_CPU asks for where that is less. */
  isa: Isa;
  /** Whether oneDNN, which multiplies bfloat16 for libtorch, may do so by the processor's own instructions. */
  bfloat16: boolean;
  /** Whether oneDNN was capped so low that it has no bfloat16 at all, though libtorch believes so by the processor's flags. */
  avoidOneDnn: boolean;
  /** One sentence each, for `vit-distill info`. */
  reasons: string[];
}

/** Flags of /proc/cpuinfo that a level needs beside those of the levels before it. */
const FLAGS: Record<Isa, readonly string[]> = {
  portable: [],
  avx2: ["avx2", "fma"],
  avx512: ["avx512f", "avx512bw", "avx512dq", "avx512vl"],
  avx512bf16: ["avx512_bf16"],
  amx: ["amx_tile", "amx_bf16"],
};

interface Variable {
  /** The library's variable, and older names that it reads as well. */
  names: readonly string[];
  /** What caps it to each level; none where nothing it has is higher. */
  caps: Record<Isa, string | null>;
  /** Its other values, with the level that they belong to. */
  others: Record<string, Isa>;
}

/**
 * https://pytorch.org/docs/stable (ATEN_CPU_CAPABILITY), https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html,
 * OpenBLAS's README (OPENBLAS_CORETYPE), oneMKL's guide (MKL_ENABLE_INSTRUCTIONS).
 */
const VARIABLES: readonly Variable[] = [
  {
    names: ["ATEN_CPU_CAPABILITY"],
    caps: { portable: "default", avx2: "avx2", avx512: null, avx512bf16: null, amx: null }, // 1.13 takes avx512 only where it is asked to
    others: { avx512: "avx512" },
  },
  {
    names: ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"],
    caps: { portable: "SSE41", avx2: "AVX2", avx512: "AVX512_CORE", avx512bf16: "AVX512_CORE_BF16", amx: null },
    others: { AVX: "portable", AVX2_VNNI: "avx2", AVX2_VNNI_2: "avx2", AVX512_CORE_VNNI: "avx512" },
  },
  {
    names: ["OPENBLAS_CORETYPE"],
    // a name is not a limit but an order, and old builds are wrong on some new processors by the names for AVX-512; what those have beyond it
    // is for products that libtorch does not ask OpenBLAS for
    caps: { portable: "Nehalem", avx2: "Haswell", avx512: null, avx512bf16: null, amx: null },
    others: {
      ...levelled(
        "portable",
        "Prescott Core2 Penryn Dunnington Atom Sandybridge Nano Athlon Opteron Opteron_SSE3 Barcelona Bobcat",
      ),
      ...levelled("portable", "Bulldozer Piledriver Steamroller"),
      ...levelled("avx2", "Zen Excavator"),
      SkylakeX: "avx512",
      Cooperlake: "avx512bf16",
    },
  },
  {
    names: ["MKL_ENABLE_INSTRUCTIONS"],
    caps: { portable: "SSE4_2", avx2: "AVX2", avx512: "AVX512", avx512bf16: "AVX512_E3", amx: null },
    others: { AVX: "portable", AVX2_E1: "avx2", AVX512_E1: "avx512", AVX512_E2: "avx512" },
  },
];

function levelled(isa: Isa, names: string): Record<string, Isa> {
  return Object.fromEntries(names.split(" ").map((name) => [name, isa]));
}

const lowerOf = (a: Isa, b: Isa): Isa => (isas.indexOf(a) < isas.indexOf(b) ? a : b);
const isBelow = (a: Isa, b: Isa): boolean => isas.indexOf(a) < isas.indexOf(b);

/** What a processor with these flags (a line of /proc/cpuinfo) has. */
export function isaOf(flags: string): Isa {
  const has = new Set(flags.split(/\s+/));
  const missing = isas.findIndex((isa) => !FLAGS[isa].every((flag) => has.has(flag)));
  return missing < 0 ? "amx" : isas[missing - 1];
}

/** The level of a variable's value; the highest where it is none that we know, so that a cap holds. */
function levelOf({ caps, others }: Variable, value: string): Isa {
  const same = (name: string | null): boolean => name?.toLowerCase() === value.toLowerCase();
  return isas.find((isa) => same(caps[isa])) ?? Object.entries(others).find(([name]) => same(name))?.[1] ?? "amx";
}

/** The first of its names that is set, as the library reads them. */
const setNameOf = ({ names }: Variable, env: NodeJS.ProcessEnv): string | undefined => names.find((name) => env[name]);

/**
 * Settles the environment before libtorch is loaded. A cap only lowers: a variable is set where the environment has none or a higher one,
 * and none is set where the processor has no more than the cap.
 */
export function capCpu(env: NodeJS.ProcessEnv = process.env, flags = processorFlags()): CpuChoice {
  const processor = isaOf(flags);
  const cap = capOf(env.VIT_DISTILL_CPU);
  const isa = cap === null ? processor : lowerOf(cap, processor);
  // a worker's environment is a copy that the C library never sees; there the main thread has already chosen
  const set = isBelow(isa, processor) && isMainThread ? VARIABLES.flatMap((variable) => lower(variable, isa, env)) : [];
  const oneDnn = oneDnnLevel(env);
  const levels = `this processor's is ${processor}`;
  return {
    processor,
    isa,
    bfloat16: /\bbf16\b/.test(flags) || !isBelow(lowerOf(isa, oneDnn), "avx512bf16"),
    avoidOneDnn: isBelow(oneDnn, "avx512") && !isBelow(processor, "avx512"),
    reasons: [
      cap === null ? `instruction set ${isa}: the processor's` : `instruction set ${isa}: VIT_DISTILL_CPU=${cap}, and ${levels}`,
      ...(set.length > 0 ? [`libtorch's libraries are capped by ${set.join(" ")}`] : []),
    ],
  };
}

/** Sets the variable where it is unset or higher than `isa`; what was set, as NAME=value. */
function lower(variable: Variable, isa: Isa, env: NodeJS.ProcessEnv): string[] {
  const value = variable.caps[isa];
  const name = setNameOf(variable, env);
  if (value === null || (name !== undefined && !isBelow(isa, levelOf(variable, env[name]!)))) return [];
  env[variable.names[0]] = value;
  return [`${variable.names[0]}=${value}`];
}

function oneDnnLevel(env: NodeJS.ProcessEnv): Isa {
  const variable = VARIABLES[1];
  const name = setNameOf(variable, env);
  return name === undefined ? "amx" : levelOf(variable, env[name]!);
}

function capOf(asked: string | undefined): Isa | null {
  if (!asked) return null;
  const isa = isas.find((name) => name === asked);
  if (isa) return isa;
  return refuse(RangeError, "ERR_TORCH_ARGUMENT", `VIT_DISTILL_CPU=${asked} is no instruction set: it takes ${isas.join(", ")}.`);
}

/** The flags line of the first processor; empty where there is no /proc/cpuinfo. */
export function processorFlags(): string {
  try {
    return /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  } catch {
    return ""; // not Linux
  }
}
