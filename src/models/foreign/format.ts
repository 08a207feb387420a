/** Whether a file is a network of another tool: told by the name for ONNX, which has no signature, and by the entries for TorchScript. */
import { zipEntries } from "../../checkpoint/index.js";

export type ForeignFormat = "onnx" | "torchscript";

/** Null for a file of weights alone, and for one that is not there. */
export function formatOf(file: string): ForeignFormat | null {
  if (/\.onnx$/i.test(file)) return "onnx";
  try {
    return zipEntries(file).some((name) => name.endsWith("/constants.pkl")) ? "torchscript" : null;
  } catch {
    return null;
  }
}
