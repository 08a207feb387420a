/** Loads the native addon. Instruction set, threads and BLAS are settled first, because libtorch's libraries read them while they load. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { capCpu, type Isa } from "./cpu.js";
import { refuse } from "./refuse.js";
import { configureThreads } from "./threads.js";

/** One argument of an operator, as libtorch describes it. `kind` indexes {@link kinds}. */
export interface SchemaArgument {
  name: string;
  kind: number;
  optional: boolean;
  hasDefault: boolean;
  keywordOnly: boolean;
  fixedLength: number;
}

export interface Schema {
  text: string;
  arguments: SchemaArgument[];
  returns: number[];
  returnsSelf: boolean;
}

/** The order of `enum class Kind` in native/state.h. */
export const kinds = [
  "Tensor",
  "TensorList",
  "MaybeTensorList",
  "Int",
  "IntList",
  "Float",
  "FloatList",
  "Bool",
  "BoolList",
  "Scalar",
  "ScalarList",
  "DType",
  "Device",
  "Layout",
  "MemoryFormat",
  "String",
  "Generator",
  "Unsupported",
] as const;

/** What the addon exports. Tensors and generators are handles: positive integers, 0 for none. */
export interface Addon {
  resolve(name: string, overload: string, argumentNames: readonly string[]): number;
  call(operator: number, ...args: unknown[]): unknown;
  schema(name: string, overload: string): Schema | undefined;
  overloads(name: string): string[];
  fromBuffer(data: ArrayBufferView, dtype: string, shape: readonly number[], borrow: boolean): number;
  toBuffer(tensor: number): ArrayBuffer;
  item(tensor: number): number | boolean;
  shape(tensor: number): number[];
  dtype(tensor: number): string;
  device(tensor: number): string;
  dispose(tensors: number | readonly number[]): void;
  memory(): { tensors: number; bytes: number };
  shelve(tensor: number, directory: string): boolean;
  backward(outputs: number[], gradients: (number | null)[] | null, retainGraph: boolean, createGraph: boolean): void;
  grad(
    outputs: number[],
    inputs: number[],
    gradients: (number | null)[] | null,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): number[];
  requiresGrad(tensor: number): boolean;
  setRequiresGrad(tensor: number, on: boolean): void;
  gradOf(tensor: number): number;
  gradsOf(tensors: number[]): number[];
  setGrad(tensor: number, gradient: number | null): void;
  clearGrads(tensors: number[]): void;
  isGradEnabled(): boolean;
  setGradEnabled(on: boolean): boolean;
  enterInference(): void;
  leaveInference(): void;
  setAutocast(device: string, enabled: boolean, dtype: string): [boolean, string];
  autocastDtype(device: string): string | undefined;
  leaveAutocast(device: string, enabled: boolean, dtype: string): void;
  manualSeed(seed: number): void;
  newGenerator(device: string): number;
  defaultGenerator(device: string): number;
  seedGenerator(generator: number, seed: number): void;
  generatorState(generator: number): number;
  restoreGenerator(generator: number, state: number): void;
  disposeGenerator(generator: number): void;
  scriptLoad(path: string): number;
  scriptFacts(script: number): [schema: string, submodules: string[], parameterCount: number];
  scriptMove(script: number, device: string): void;
  scriptForward(
    script: number,
    input: number,
    submodules: readonly string[],
  ): [names: string[], outputs: number[], taps: number[]];
  scriptDispose(script: number): void;
  setThreads(count: number): void;
  avoidOneDnnForBfloat16(): void;
  info(): AddonInfo;
}

export interface AddonInfo {
  version: string;
  threads: number;
  cuda: number;
  isa: Isa;
  processorIsa: Isa;
  /** `dnnl_cpu_isa_t`. */
  oneDnnIsa?: number;
  openBlasCore?: string;
  mklProcessor?: string;
  /** What `torch.__config__.show()` prints. */
  config: string;
}

/** VIT_DISTILL_ADDON names another build: one against another libtorch, or with a sanitizer. */
function load(): Addon {
  const file = process.env.VIT_DISTILL_ADDON || fileURLToPath(new URL("../../native/build/vit_distill.node", import.meta.url));
  if (!existsSync(file))
    refuse(Error, "ERR_TORCH_ADDON", `The native addon is not built (${file} is missing). Run: npm run setup`);
  return createRequire(import.meta.url)(file) as Addon;
}

/** What was chosen for the instruction set, and why. */
export const cpuChoice = capCpu();
/** What was chosen for threads and BLAS, and why. */
export const threadChoice = configureThreads();
export const addon = load();
addon.setThreads(threadChoice.threads);
if (cpuChoice.avoidOneDnn) addon.avoidOneDnnForBfloat16();
