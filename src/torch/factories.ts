/** Tensors from JavaScript values, and filled ones. An explicit dtype everywhere: libtorch would take 1 for an integer. */

import { addon } from "./addon.js";
import { arrayOf, type Device, type DType, dtypeOf, type TypedArray } from "./dtype.js";
import * as ops from "./ops.generated.js";
import type { Generator } from "./random.js";
import { refuse } from "./refuse.js";
import { synchronous } from "./scope.js";
import { type Nested, Tensor } from "./tensor.js";

export interface FactoryOptions {
  dtype?: DType;
  device?: Device;
}

export interface TensorOptions extends FactoryOptions {
  /** Of a typed array; one dimension when left out. */
  shape?: readonly number[];
  /**
   * Read the typed array's memory instead of copying it. Safe only while nobody writes to the array as long as the tensor
   * or a view of it is used; the array is kept alive.
   */
  share?: boolean;
}

let home: Device = "cpu";

/** Where the factories make what is not told another device. */
export const defaultDevice = (): Device => home;

/** Sets it from now on, and gives back where it was. For one function there is `withDevice`, which ends by itself. */
export function setDefaultDevice(device: Device): Device {
  const before = home;
  home = device;
  return before;
}

/**
 * What the factories make inside `fn` is on `device` unless they are told another, as in PyTorch's `with torch.device(…)`.
 * On `"meta"` tensors have dtype and shape but no memory: a model made there costs nothing and can be asked for its keys.
 */
export function withDevice<T>(device: Device, fn: () => T): T {
  const outer = setDefaultDevice(device);
  try {
    return synchronous("withDevice", fn());
  } finally {
    setDefaultDevice(outer);
  }
}

/** A tensor from nested arrays (float32 unless told; bool from booleans, int64 from bigints) or from a typed array. */
export function tensor(data: Nested | TypedArray, { shape, dtype, device = home, share = false }: TensorOptions = {}): Tensor {
  const made = ArrayBuffer.isView(data) ? fromTyped(data, shape, dtype, share) : fromNested(data, shape, dtype);
  return device === "cpu" ? made : moved(made, { device });
}

function fromTyped(data: TypedArray, shape: readonly number[] | undefined, dtype: DType | undefined, share: boolean): Tensor {
  const held = dtypeOf(data, dtype);
  const made = new Tensor(addon.fromBuffer(data, held, shape ?? [data.length], share));
  return dtype && dtype !== held ? moved(made, { dtype }) : made;
}

function fromNested(data: Nested, shape: readonly number[] | undefined, dtype: DType | undefined): Tensor {
  const flat: (number | boolean | bigint)[] = [];
  const found = flatten(data, flat, 0, []);
  const target = dtype ?? (typeof flat[0] === "boolean" ? "bool" : typeof flat[0] === "bigint" ? "int64" : "float32");
  const narrow = target === "float16" || target === "bfloat16";
  const held = narrow ? "float32" : target;
  const made = new Tensor(addon.fromBuffer(elements(flat, held), held, shape ?? found, false));
  return narrow ? moved(made, { dtype: target }) : made;
}

function whole(value: number | boolean | bigint): bigint {
  if (typeof value === "number" && !Number.isInteger(value)) tooNarrow(value, "int64");
  return BigInt(value);
}

/** The values as the dtype's typed array. What a dtype of whole numbers cannot hold is refused, not wrapped round. */
function elements(flat: readonly (number | boolean | bigint)[], dtype: DType): TypedArray {
  if (dtype === "int64") return BigInt64Array.from(flat, whole);
  if (dtype === "bool") return Uint8Array.from(flat, (value) => (Number(value) !== 0 ? 1 : 0));
  const made = (arrayOf[dtype] as Float32ArrayConstructor).from(flat, Number);
  if (dtype === "float32" || dtype === "float64") return made;
  const lost = flat.findIndex((value, i) => Number(value) !== made[i]);
  if (lost >= 0) tooNarrow(flat[lost], dtype);
  return made;
}

const carriable = new Set(["number", "boolean", "bigint"]);

function flatten(data: Nested, into: (number | boolean | bigint)[], depth: number, shape: number[]): number[] {
  if (!Array.isArray(data)) {
    if (depth < shape.length) ragged(depth);
    if (!carriable.has(typeof data))
      refuse(TypeError, "ERR_TORCH_ARGUMENT", `tensor: ${data} is not a number, boolean or bigint`);
    into.push(data);
    return shape;
  }
  if (shape.length === depth) {
    if (into.length > 0) ragged(depth);
    shape.push(data.length);
  } else if (shape[depth] !== data.length) ragged(depth);
  for (const item of data) flatten(item, into, depth + 1, shape);
  return shape;
}

function ragged(depth: number): never {
  refuse(RangeError, "ERR_TORCH_SHAPE", `tensor: the nested arrays differ in length at depth ${depth}`);
}

function tooNarrow(value: number | boolean | bigint, dtype: DType): never {
  refuse(RangeError, "ERR_TORCH_DTYPE", `tensor: ${value} does not fit in ${dtype}`);
}

function moved(from: Tensor, options: FactoryOptions): Tensor {
  try {
    return from.to(options);
  } finally {
    from.dispose();
  }
}

export function empty(shape: readonly number[], { dtype = "float32", device = home }: FactoryOptions = {}): Tensor {
  return ops.empty(shape, { dtype, device });
}

export function zeros(shape: readonly number[], { dtype = "float32", device = home }: FactoryOptions = {}): Tensor {
  return ops.zeros(shape, { dtype, device });
}

export function ones(shape: readonly number[], { dtype = "float32", device = home }: FactoryOptions = {}): Tensor {
  return ops.ones(shape, { dtype, device });
}

export function full(shape: readonly number[], value: number, { dtype = "float32", device = home }: FactoryOptions = {}): Tensor {
  return ops.full(shape, value, { dtype, device });
}

export function eye(n: number, { dtype = "float32", device = home }: FactoryOptions = {}): Tensor {
  return ops.eye(n, { dtype, device });
}

/** `start`, `start + step`, … below `end`; int64 unless told. */
export function arange(
  start: number,
  end: number,
  { step = 1, dtype = "int64", device = home }: FactoryOptions & { step?: number } = {},
): Tensor {
  return ops.arange(start, end, { step, dtype, device });
}

export function linspace(
  start: number,
  end: number,
  steps: number,
  { dtype = "float32", device = home }: FactoryOptions = {},
): Tensor {
  return ops.linspace(start, end, steps, { dtype, device });
}

export interface RandomOptions extends FactoryOptions {
  generator?: Generator | null;
}

/** Uniform in [0, 1). */
export function rand(shape: readonly number[], { dtype, device, generator = null }: RandomOptions = {}): Tensor {
  return empty(shape, { dtype, device }).uniform_({ generator });
}

/** Standard normal. */
export function randn(shape: readonly number[], { dtype, device, generator = null }: RandomOptions = {}): Tensor {
  return empty(shape, { dtype, device }).normal_({ generator });
}

/** Whole numbers in [low, high), int64 unless told. */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  { dtype = "int64", device = home, generator = null }: RandomOptions = {},
): Tensor {
  return ops.randint(low, high, shape, { generator, dtype, device });
}

/** A random order of 0 … n − 1, int64. */
export function randperm(n: number, { dtype = "int64", device = home, generator = null }: RandomOptions = {}): Tensor {
  return ops.randperm(n, { generator, dtype, device });
}
