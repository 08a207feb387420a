/**
 * Who frees tensors. The garbage collector cannot: in a synchronous loop Node runs no finalizer. So a scope frees what
 * was made inside it; a finalizer stands behind the tensors that no scope owns, for programs that forget one.
 */

import { addon } from "./addon.js";
import { free } from "./dispatch.js";
import { refuse } from "./refuse.js";
import type { Tensor } from "./tensor.js";

/** Something that holds tensors and can list them (a module, an optimizer). */
export interface Holder {
  tensors(): Iterable<Tensor>;
}

let scope: Tensor[] | null = null;

const abandoned = new FinalizationRegistry<number>((handle) => free(handle));

/** A new tensor enters the innermost scope. */
export function enroll(tensor: Tensor): void {
  if (scope) scope.push(tensor);
  else abandoned.register(tensor, tensor.handle, tensor);
}

/** A disposed tensor's handle may be someone else's tomorrow: the finalizer must forget it. */
export function forget(tensor: Tensor): void {
  abandoned.unregister(tensor);
}

const isPlain = (value: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(value));
const isHolder = (value: object): value is Holder => typeof (value as Partial<Holder>).tensors === "function";

function collect(value: unknown, into: Set<Tensor>, isTensor: (v: object) => v is Tensor): void {
  if (typeof value !== "object" || value === null) return;
  if (isTensor(value)) into.add(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, into, isTensor);
  else if (value instanceof Map || value instanceof Set) for (const item of value.values()) collect(item, into, isTensor);
  else if (isHolder(value)) for (const tensor of value.tensors()) into.add(tensor);
  else if (isPlain(value)) for (const item of Object.values(value)) collect(item, into, isTensor);
}

const looksLikeTensor = (value: object): value is Tensor => "handle" in value;

/**
 * Runs `fn` and frees every tensor made inside, except those it returns: a tensor, or arrays, plain objects, Maps and
 * holders of tensors. Nests; frees on throw. Synchronous: what is made after an `await` belongs to nobody.
 */
export function tidy<T>(fn: () => T): T {
  const outer = scope;
  const mine: Tensor[] = [];
  scope = mine;
  let kept: Set<Tensor> | undefined;
  try {
    const result = synchronous("tidy", fn());
    kept = new Set();
    collect(result, kept, looksLikeTensor);
    return result;
  } finally {
    scope = outer;
    release(mine, kept);
  }
}

/** Frees what a scope made and hands what it returned to the scope around it. */
function release(made: readonly Tensor[], kept: ReadonlySet<Tensor> | undefined): void {
  const handles: number[] = [];
  for (const tensor of made) {
    if (tensor.handle === 0) continue;
    if (kept?.has(tensor)) enroll(tensor);
    else {
      handles.push(tensor.handle);
      tensor.handle = 0; // no finalizer stands behind a tensor of a scope
    }
  }
  if (handles.length > 0) free(handles);
}

/** Refuses a promise: a scope or a mode left over an `await` would be whoever's turn it is. */
export function synchronous<T>(name: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => {}); // what it goes on to do without its tensors must not hide this error
  refuse(TypeError, "ERR_TORCH_ARGUMENT", `${name} is synchronous: its function must not return a promise.`);
}

/** Runs `fn` outside every scope: what it makes lives until it is disposed. For what outlives a step, such as optimizer state. */
export function untracked<T>(fn: () => T): T {
  const outer = scope;
  scope = null;
  try {
    return synchronous("untracked", fn());
  } finally {
    scope = outer;
  }
}

/** Live tensors that JavaScript holds, and the bytes of their storages (a storage shared by views counts once). */
export const memory = (): { tensors: number; bytes: number } => addon.memory();
