/** In which precision the models run. The losses are float32 whatever is chosen. */

import { autocast, type Device, type DType, hasBfloat16 } from "../torch/index.js";

export type Precision = "float32" | "bfloat16";

/** `auto` is bfloat16 where the processor multiplies it itself, or on a GPU; float32 elsewhere. */
export function choosePrecision(asked: Precision | "auto", device: Device): Precision {
  if (asked !== "auto") return asked;
  return device !== "cpu" || hasBfloat16() ? "bfloat16" : "float32";
}

/** Runs `fn` under autocast where the precision asks for it. */
export function inPrecision<T>(precision: Precision, device: Device, fn: () => T): T {
  return precision === "float32" ? fn() : autocast({ device: kindOf(device), dtype: precision as DType }, fn);
}

const kindOf = (device: Device): Device => device.split(":")[0];
