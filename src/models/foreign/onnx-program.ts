/** An ONNX file, run by ONNX Runtime on the processor. https://onnx.ai */
import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { noteFileRead } from "../../checkpoint/index.js";
import { didYouMean } from "../../nearest.js";
import { type DType, dtypes, engineInfo, type Tensor, type TypedArray, tensor, tidy } from "../../torch/index.js";
import { fileError, UserError } from "../../user-error.js";
import { readOnnxGraph, withOutputs } from "./onnx-graph.js";
import { type Metadata, OnnxSession } from "./onnx-session.js";
import { type Program, type Slot, sentenceOf } from "./program.js";

export class OnnxProgram implements Program {
  readonly file: string;
  readonly format = "onnx";
  readonly input: Slot;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  /** What its operators give besides, in their order, constants left out. */
  readonly tensors: readonly { name: string; operator: string }[];
  readonly parameterCount: number;
  readonly #session: OnnxSession;
  readonly #dtype: "float32" | "float16";

  /** With `inner`, tensors that the file keeps to itself, among its outputs. */
  constructor(file: string, { inner = [] }: { inner?: readonly string[] } = {}) {
    const bytes = read(file);
    const graph = readOnnxGraph(bytes, file);
    const { outputs, tensors } = graph;
    const hidden = inner.filter((name) => !outputs.includes(name));
    const unknown = hidden.find((name) => tensors.every((each) => each.name !== name));
    if (unknown !== undefined) throw noTensor(unknown, [...outputs, ...tensors.map(({ name }) => name)], file);
    this.file = file;
    this.tensors = tensors.filter(({ name, operator }) => operator !== "Constant" && !outputs.includes(name));
    this.parameterCount = graph.parameterCount;
    this.#session = open(file, hidden.length > 0 ? withOutputs(bytes, hidden) : file);
    this.inputs = this.#session.inputs.map(slotOf);
    this.outputs = this.#session.outputs.map(slotOf);
    try {
      this.input = onlyInput(this.inputs, file);
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#dtype = this.input.dtype as "float32" | "float16";
    noteFileRead(resolve(file));
  }

  run(images: Tensor, wanted?: readonly string[]): Map<string, Tensor> {
    const data = tidy(() => images.to({ device: "cpu", dtype: this.#dtype }).data());
    const results = this.#session.run(this.input.name, { type: this.#dtype, data, shape: images.shape }, wanted);
    const known = results.filter(({ type }) => (dtypes as readonly string[]).includes(type));
    return new Map(
      known.map(({ name, type, shape, data }) => [
        name,
        tensor(data as TypedArray, { shape, dtype: type as DType, share: true }),
      ]),
    );
  }

  to(): boolean {
    return false;
  }

  dispose(): void {
    this.#session.dispose();
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, "read", file);
  }
}

function open(file: string, model: string | Uint8Array): OnnxSession {
  try {
    return new OnnxSession(model, { threads: engineInfo().threads });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("ERR_IMPORTED_MODEL", `ONNX Runtime cannot open it: ${sentenceOf(error)}`, { where: file, cause: error });
  }
}

function noTensor(name: string, known: readonly string[], file: string): UserError {
  const advice = [didYouMean(name, known), `vit-distill info ${basename(file)} --all lists them.`];
  return new UserError("ERR_UNKNOWN_TAP", `has no tensor "${name}"`, { where: file, remedy: advice.filter(Boolean).join(" ") });
}

const slotOf = ({ name, type, shape }: Metadata): Slot => ({
  name,
  dtype: type ?? null,
  shape: shape?.map((extent) => (typeof extent === "number" ? extent : null)) ?? null,
});

/** Pictures, and nothing else. */
function onlyInput(inputs: readonly Slot[], where: string): Slot {
  const [first, ...others] = inputs;
  if (first === undefined || others.length > 0)
    throw new UserError("ERR_IMPORTED_MODEL", `takes ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}), and a teacher takes pictures alone`, { where }); // biome-ignore format: one row
  if (first.shape?.length !== 4)
    throw new UserError("ERR_IMPORTED_MODEL", `its input ${first.name} has ${first.shape?.length ?? "no"} extents, and pictures have four: [B, C, S, S]`, { where }); // biome-ignore format: one row
  if (first.dtype !== "float32" && first.dtype !== "float16")
    throw new UserError(
      "ERR_IMPORTED_MODEL",
      `its input ${first.name} is ${first.dtype}, and pictures come in float32 or float16`,
      { where },
    );
  return first;
}
