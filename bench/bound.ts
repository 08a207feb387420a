/** The bound of a row: what its products alone would take at the speed that large ones reach in our engine. */
import type { Program } from "./program.js";

export type Precision = "fp32" | "bf16";
export type DType = "float32" | "bfloat16";

export const dtypeOf = (precision: Precision): DType => (precision === "bf16" ? "bfloat16" : "float32");

/** Multiply-accumulates a second of large products, by a program of ours that answers "peak". */
export const peakOf = (program: Program, dtype: DType): Promise<number> => program.ask("peak", { dtype });

/** Milliseconds of what the program answers as its "macs". */
export async function boundOf(program: Program, dtype: DType): Promise<number> {
  return ((await program.ask<number>("macs")) / (await peakOf(program, dtype))) * 1e3;
}
