/** The one door to libtorch, and the seam in it: everything that runs can be listened to here. */

import { addon } from "./addon.js";
import { refuse } from "./refuse.js";
import type { Tensor } from "./tensor.js";

/** One operator call as it passed: arguments and results are handles, numbers or arrays of them, in the order of `names`. */
export interface OperatorEvent {
  /** `aten::softmax.int` */
  operator: string;
  names: readonly string[];
  args: readonly unknown[];
  result: unknown;
  /** Milliseconds, the conversion of arguments and results included. */
  milliseconds: number;
}

export type Listener = (event: OperatorEvent) => void;

/** Told of handles that are about to be freed; each may stand for another tensor after that. */
export type FreeListener = (handles: readonly number[]) => void;

interface Entry {
  operator: string;
  names: readonly string[];
}

const table: Entry[] = [];
const listeners = new Set<Listener>();
const freeListeners = new Set<FreeListener>();

/** An operator's name as the dispatcher has it: libtorch's own, `aten::`, unless it names another library. */
export const qualified = (name: string): string => (name.includes("::") ? name : `aten::${name}`);

/** Looks an operator up once; the number is what {@link invoke} takes. */
export function resolve(name: string, overload: string, names: readonly string[]): number {
  const index = addon.resolve(qualified(name), overload, names);
  table[index] = { operator: `${qualified(name)}${overload && `.${overload}`}`, names };
  return index;
}

/** Whether the linked libtorch has the operator, for example `"scaled_dot_product_attention"` or `"add.Tensor"`. */
export function hasOperator(name: string): boolean {
  const [base, overload = ""] = name.split(".");
  return addon.schema(qualified(base), overload) !== undefined;
}

/** Runs an operator. With nobody listening it is the addon's own function. */
export let invoke: (operator: number, ...args: unknown[]) => unknown = addon.call;

function invokeAloud(operator: number, ...args: unknown[]): unknown {
  const start = performance.now();
  const result = addon.call(operator, ...args);
  const event = { ...table[operator], args, result, milliseconds: performance.now() - start };
  try {
    for (const listener of listeners) listener(event);
  } catch (error) {
    drop(result);
    throw error;
  }
  return result;
}

/** Frees a result that nobody will get. */
function drop(result: unknown): void {
  if (typeof result === "number") addon.dispose(result);
  else if (Array.isArray(result)) result.forEach(drop);
}

/** Frees tensors. With nobody listening it is the addon's own function. */
export let free: (handles: number | readonly number[]) => void = addon.dispose;

function freeAloud(handles: number | readonly number[]): void {
  for (const listener of freeListeners) listener(typeof handles === "number" ? [handles] : handles);
  addon.dispose(handles);
}

/**
 * Calls `listener` after every operator, and `freed` before tensors are freed, until the returned function is called. What the
 * listener calls itself is not reported.
 */
export function listen(listener: Listener, { freed }: { freed?: FreeListener } = {}): () => void {
  const quiet: Listener = (event) => {
    invoke = addon.call;
    try {
      listener(event);
    } finally {
      invoke = listeners.size > 0 ? invokeAloud : addon.call;
    }
  };
  listeners.add(quiet);
  invoke = invokeAloud;
  if (freed) freeListeners.add(freed);
  free = freeListeners.size > 0 ? freeAloud : addon.dispose;
  return () => {
    listeners.delete(quiet);
    if (listeners.size === 0) invoke = addon.call;
    if (freed) freeListeners.delete(freed);
    if (freeListeners.size === 0) free = addon.dispose;
  };
}

// Tensor is defined over the generated operators, which make tensors: the maker is handed in once it exists.
let make: (handle: number) => Tensor;
export function setMaker(maker: (handle: number) => Tensor): void {
  make = maker;
}

export const wrap = (handle: unknown): Tensor => make(handle as number);
export const wrapAll = (handles: unknown): Tensor[] => (handles as number[]).map(make);
/** A tuple of results; an undefined tensor among them comes as a tensor that only dispose may touch. */
export const wrapTuple = <T>(results: unknown): T =>
  (results as unknown[]).map((r) => (Array.isArray(r) ? r.map(make) : make(r as number))) as T;
/** The handles of a list. What is no list goes on as it is: the addon's error names the operator and the argument. */
export const handlesOf = (tensors: readonly (Tensor | null)[]): number[] => {
  if (!Array.isArray(tensors)) return tensors as never;
  const handles = new Array<number>(tensors.length);
  for (let i = 0; i < tensors.length; i++) handles[i] = tensors[i]?.handle;
  return handles;
};

/** Whether an argument is the trailing options object (or left out), and not one of another overload's arguments. */
export const isOptions = (value: unknown): boolean =>
  value === undefined || (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** The options as they came. One that the operator does not have is refused: left out in silence, it would be another computation. */
export function known<T extends object>(operator: string, options: T, names: readonly string[]): T {
  for (const name in options) if (!names.includes(name)) unknownOption(operator, name, names);
  return options;
}

function unknownOption(operator: string, name: string, names: readonly string[]): never {
  const message = `${operator}: there is no option "${name}" here; there is ${names.join(", ")}. An argument without a default is positional.`;
  refuse(TypeError, "ERR_TORCH_ARGUMENT", message);
}
