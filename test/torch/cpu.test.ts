/** The instruction set: what the processor's flags say, how a cap lowers it, and that it only lowers. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { capCpu, type Isa, isaOf, isas, processorFlags } from "../../src/torch/cpu.js";
import { engineInfo } from "../../src/torch/index.js";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url);

/** Flags as Linux prints them: an AMD Zen 5, an Intel Emerald Rapids, and older ones. */
const flags: Record<Isa, string> = {
  portable: "fpu sse sse2 ssse3 sse4_1 sse4_2 avx",
  avx2: "fpu sse2 fma avx avx2",
  avx512: "fpu fma avx2 avx512f avx512dq avx512cd avx512bw avx512vl avx512_vnni",
  avx512bf16: "fpu fma avx2 avx512f avx512dq avx512bw avx512vl avx512_bf16 avx_vnni",
  amx: "fpu fma avx2 avx512f avx512dq avx512bw avx512vl avx512_bf16 avx512_fp16 amx_bf16 amx_tile amx_int8",
};

const capped = (cap: string | undefined, processor: Isa, env: NodeJS.ProcessEnv = {}) => {
  const after: NodeJS.ProcessEnv = { ...env, ...(cap !== undefined && { VIT_DISTILL_CPU: cap }) };
  const choice = capCpu(after, flags[processor]);
  const { VIT_DISTILL_CPU: _, ...set } = after;
  return { choice, set };
};

test.each(isas)("%s is told by the processor's flags", (isa) => expect(isaOf(flags[isa])).toBe(isa));

test("a level without one of those below it is not there", () => {
  expect(isaOf("amx_tile amx_bf16 avx512_bf16")).toBe("portable");
  expect(isaOf(`${flags.avx2} avx512f amx_tile`)).toBe("avx2");
  expect(isaOf("")).toBe("portable");
});

describe("a cap", () => {
  test("is none where nothing is asked for: no variable is set", () => {
    expect(capped(undefined, "amx")).toMatchObject({ choice: { isa: "amx", processor: "amx", bfloat16: true }, set: {} });
    expect(capped("", "avx512")).toMatchObject({ choice: { isa: "avx512", bfloat16: false }, set: {} });
  });

  test("sets what each library reads, before it is loaded", () => {
    expect(capped("avx2", "amx").set).toEqual({
      ATEN_CPU_CAPABILITY: "avx2",
      ONEDNN_MAX_CPU_ISA: "AVX2",
      OPENBLAS_CORETYPE: "Haswell",
      MKL_ENABLE_INSTRUCTIONS: "AVX2",
    });
    expect(capped("portable", "avx2").set).toEqual({
      ATEN_CPU_CAPABILITY: "default",
      ONEDNN_MAX_CPU_ISA: "SSE41",
      OPENBLAS_CORETYPE: "Nehalem",
      MKL_ENABLE_INSTRUCTIONS: "SSE4_2",
    });
    expect(capped("avx512", "avx512bf16").set).toEqual({ ONEDNN_MAX_CPU_ISA: "AVX512_CORE", MKL_ENABLE_INSTRUCTIONS: "AVX512" });
  });

  test("above the processor changes nothing", () => {
    expect(capped("amx", "avx512")).toMatchObject({ choice: { isa: "avx512" }, set: {} });
    expect(capped("avx2", "avx2")).toMatchObject({ choice: { isa: "avx2" }, set: {} });
  });

  test("leaves a lower value, lowers a higher one, and one that nobody knows", () => {
    const lower = { ATEN_CPU_CAPABILITY: "default", ONEDNN_MAX_CPU_ISA: "SSE41", OPENBLAS_CORETYPE: "SANDYBRIDGE" };
    expect(capped("avx2", "amx", lower).set).toEqual({ ...lower, MKL_ENABLE_INSTRUCTIONS: "AVX2" });
    const higher = { ATEN_CPU_CAPABILITY: "avx512", ONEDNN_MAX_CPU_ISA: "AVX512_CORE_AMX", OPENBLAS_CORETYPE: "SkylakeX" };
    expect(capped("avx2", "amx", higher).set).toMatchObject({
      ATEN_CPU_CAPABILITY: "avx2",
      ONEDNN_MAX_CPU_ISA: "AVX2",
      OPENBLAS_CORETYPE: "Haswell",
    });
    expect(capped("avx2", "amx", { ONEDNN_MAX_CPU_ISA: "AVX99" }).set).toMatchObject({ ONEDNN_MAX_CPU_ISA: "AVX2" });
    expect(capped("avx2", "amx", { OPENBLAS_CORETYPE: "Zen" }).set).toMatchObject({ OPENBLAS_CORETYPE: "Zen" });
    expect(capped("avx2", "amx", { DNNL_MAX_CPU_ISA: "SSE41" }).set).not.toHaveProperty("ONEDNN_MAX_CPU_ISA");
  });

  test.each(["avx", "AVX2", "sse", "toString"])("%s is refused with those that there are", (cap) => {
    expect(() => capped(cap, "amx")).toThrowCode("ERR_TORCH_ARGUMENT", cap, ...isas);
  });
});

describe("bfloat16", () => {
  test.each([
    ["amx", undefined, {}, true],
    ["amx", "avx512bf16", {}, true],
    ["amx", "avx512", {}, false],
    ["avx512", undefined, {}, false],
    ["amx", undefined, { ONEDNN_MAX_CPU_ISA: "AVX2" }, false],
    ["amx", undefined, { DNNL_MAX_CPU_ISA: "AVX512_CORE_VNNI" }, false],
  ] as const)("on %s, capped to %s and with %j: %s", (processor, cap, env, expected) => {
    expect(capped(cap, processor, env).choice.bfloat16).toBe(expected);
  });

  test("oneDNN is left aside only where it was capped below what libtorch believes it has", () => {
    expect(capped("avx2", "amx").choice.avoidOneDnn).toBe(true);
    expect(capped(undefined, "amx", { ONEDNN_MAX_CPU_ISA: "AVX2" }).choice.avoidOneDnn).toBe(true);
    expect(capped("avx512", "amx").choice.avoidOneDnn).toBe(false);
    expect(capped(undefined, "avx2").choice.avoidOneDnn).toBe(false);
  });

  test("aarch64's flag is its own", () => expect(capCpu({}, "fp asimd sve bf16 i8mm").bfloat16).toBe(true));
});

test("our kernels and the environment go by one cap", () => {
  const { processor, isa } = engineInfo();
  expect(processor).toBe(isaOf(processorFlags()));
  const asked = process.env.VIT_DISTILL_CPU as Isa | undefined;
  expect(isa).toBe(asked ? isas[Math.min(isas.indexOf(asked), isas.indexOf(processor))] : processor);
});

/** bfloat16 in every kind of operator that oneDNN takes on for libtorch, forwards and backwards. */
const program = `
  const { autocast, conv2d, engineInfo, linear, randn, tidy } = await import("./src/torch/index.js");
  tidy(() => {
    const [x, w, k] = [randn([4, 8, 6, 6]), randn([5, 6]).requiresGrad_(), randn([8, 8, 3, 3]).requiresGrad_()];
    const loss = autocast({}, () => linear(conv2d(x, k, { padding: [1, 1] }), w).sum());
    loss.to({ dtype: "float32" }).backward();
    const narrow = x.to({ dtype: "bfloat16" });
    console.log([w.grad, k.grad].map((gradient) => gradient.isfinite().all().item()).join(), narrow.matmul(narrow).dtype, engineInfo().isa);
  });`;

test.each(isas)("everything runs in bfloat16 under %s", async (cap) => {
  const env = { ...process.env, VIT_DISTILL_CPU: cap };
  const { stdout } = await run(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], {
    cwd: root,
    env,
  });
  const used = isas[Math.min(isas.indexOf(cap), isas.indexOf(engineInfo().processor))];
  expect(stdout).toBe(`1,1 bfloat16 ${used}\n`);
});
