/** Teachers that come as files of other tools: ONNX and TorchScript. */
import { didYouMean } from "../../nearest.js";
import { UserError } from "../../user-error.js";
import { type ForeignOptions, ForeignTeacher } from "./foreign-teacher.js";
import { OnnxProgram } from "./onnx-program.js";
import type { Program } from "./program.js";
import { ScriptProgram } from "./script-program.js";
import { namedTaps } from "./survey.js";

export { type FileFacts, fileFacts } from "./file-facts.js";
export { type ForeignOptions, ForeignTeacher } from "./foreign-teacher.js";
export { type ForeignFormat, formatOf } from "./format.js";
export type { Slot } from "./program.js";
export type { ForeignTap } from "./tap.js";

/**
 * A frozen teacher from an ONNX file, run by ONNX Runtime (onnxruntime-node, to be installed beside) on the processor, float32 or float16.
 * A tap names an output or any tensor inside. Throws a UserError where the file, the taps or the sizes do not fit.
 */
export const onnxTeacher = (file: string, options: ForeignOptions = {}): ForeignTeacher =>
  teach((inner) => new OnnxProgram(file, { inner }), options);

/**
 * A frozen teacher from a TorchScript file, run by libtorch's own interpreter. A tap names an output by its place (`1`, `1.hidden`) or
 * a submodule (`blocks.11`). The file is a program: take it only from those you trust. Throws as `onnxTeacher` does.
 */
export const torchScriptTeacher = (file: string, options: ForeignOptions = {}): ForeignTeacher =>
  teach((inner) => new ScriptProgram(file, { inner }), options);

const known = ["name", "taps", "logits", "input", "batch", "note"];

function teach(open: (inner: readonly string[]) => Program, options: ForeignOptions): ForeignTeacher {
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new UserError("ERR_UNKNOWN_OPTION", `A teacher from a file has no option "${stranger}"`, { remedy: didYouMean(stranger, known) }); // biome-ignore format: one row
  const program = open(namedTaps(options.taps).map(([, { output }]) => output));
  try {
    return new ForeignTeacher(program, options);
  } catch (error) {
    program.dispose();
    throw error;
  }
}
