/** What a file of another tool declares, for `vit-distill info`. Nothing is run but what its runtime runs to open it. */
import type { ForeignFormat } from "./format.js";
import { OnnxProgram } from "./onnx-program.js";
import type { Slot } from "./program.js";
import { ScriptProgram } from "./script-program.js";

export interface FileFacts {
  file: string;
  format: ForeignFormat;
  parameterCount: number;
  /** Empty where the format does not tell; then there is `schema`. */
  inputs: readonly Slot[];
  outputs: readonly Slot[];
  /** Of TorchScript: what its forward declares. */
  schema?: string;
  /** What may be tapped besides outputs: tensors with the operators that give them, submodules. */
  inner: readonly { name: string; operator?: string }[];
}

export function fileFacts(file: string, format: ForeignFormat): FileFacts {
  if (format === "torchscript") {
    const { script, parameterCount } = new ScriptProgram(file);
    const { schema, submodules } = script;
    script.dispose();
    return { file, format, parameterCount, inputs: [], outputs: [], schema, inner: submodules.map((name) => ({ name })) };
  }
  const program = new OnnxProgram(file);
  const { parameterCount, inputs, outputs, tensors } = program;
  program.dispose();
  return { file, format, parameterCount, inputs, outputs, inner: tensors };
}
