/** Gradients and the modes that operators run under: no gradient, inference, autocast. */

import { addon } from "./addon.js";
import { handlesOf } from "./dispatch.js";
import type { Device, DType } from "./dtype.js";
import { synchronous } from "./scope.js";
import { Tensor } from "./tensor.js";

/** Adds the gradients of several outputs to their leaves; `gradients` seeds those that are not scalars. */
export function backward(
  outputs: readonly Tensor[],
  {
    gradients = null,
    retainGraph = false,
    createGraph = false,
  }: { gradients?: (Tensor | null)[] | null; retainGraph?: boolean; createGraph?: boolean } = {},
): void {
  addon.backward(handlesOf(outputs), gradients?.map((g) => g?.handle ?? null) ?? null, retainGraph || createGraph, createGraph);
}

/** The gradients of `outputs` with respect to `inputs`; null where an input was not used and `allowUnused` is set. */
export function grad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  {
    gradients = null,
    retainGraph = false,
    createGraph = false,
    allowUnused = false,
  }: { gradients?: (Tensor | null)[] | null; retainGraph?: boolean; createGraph?: boolean; allowUnused?: boolean } = {},
): (Tensor | null)[] {
  const seeds = gradients?.map((g) => g?.handle ?? null) ?? null;
  const handles = addon.grad(handlesOf(outputs), handlesOf(inputs), seeds, retainGraph || createGraph, createGraph, allowUnused);
  return handles.map((handle) => (handle === 0 ? null : new Tensor(handle)));
}

/** Runs `fn` without recording gradients. */
export function noGrad<T>(fn: () => T): T {
  return withGrad("noGrad", false, fn);
}

/** Runs `fn` with gradients recorded, inside a `noGrad` too. */
export function enableGrad<T>(fn: () => T): T {
  return withGrad("enableGrad", true, fn);
}

function withGrad<T>(name: string, on: boolean, fn: () => T): T {
  const before = addon.setGradEnabled(on);
  try {
    return synchronous(name, fn());
  } finally {
    addon.setGradEnabled(before);
  }
}

/** Whether what is computed from these now is recorded for a backward pass. */
export const isRecorded = (tensors: readonly Tensor[]): boolean =>
  addon.isGradEnabled() && tensors.some(({ requiresGrad }) => requiresGrad);

/** Runs `fn` with the least bookkeeping; its tensors can never take part in a gradient. */
export function inferenceMode<T>(fn: () => T): T {
  addon.enterInference();
  try {
    return synchronous("inferenceMode", fn());
  } finally {
    addon.leaveInference();
  }
}

export interface AutocastOptions {
  device?: Device;
  /** bfloat16 on a CPU; float16 or bfloat16 on CUDA. */
  dtype?: DType;
  enabled?: boolean;
}

/** Runs `fn` with matrix products and convolutions in a narrow dtype, where libtorch's autocast finds it safe. */
export function autocast<T>({ device = "cpu", dtype = "bfloat16", enabled = true }: AutocastOptions, fn: () => T): T {
  const [wasEnabled, wasDtype] = addon.setAutocast(device, enabled, dtype);
  try {
    return synchronous("autocast", fn());
  } finally {
    addon.leaveAutocast(device, wasEnabled, wasDtype);
  }
}

/** What autocast computes in on this device; undefined where it is off. */
export const autocastDtype = (device: Device = "cpu"): DType | undefined => addon.autocastDtype(device) as DType | undefined;
