/** Tensors from JavaScript values, and filled ones. An explicit dtype everywhere: libtorch would take 1 for an integer. */

import { addon } from "./addon.js";
import { arrayOf, type Device, type DType, dtypeOf, type TypedArray } from "./dtype.js";
import * as ops from "./ops.generated.js";
import type { Generator } from "./random.js";
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

/** A tensor from nested arrays (float32 unless told; bool from booleans, int64 from bigints) or from a typed array. */
export function tensor(data: Nested | TypedArray, { shape, dtype, device = "cpu", share = false }: TensorOptions = {}): Tensor {
  const made = ArrayBuffer.isView(data) ? fromTyped(data, shape, dtype, share) : fromNested(data, shape, dtype);
  return device === "cpu" ? made : moved(made, { device });
}

function fromTyped(data: TypedArray, shape: readonly number[] | undefined, dtype: DType | undefined, share: boolean): Tensor {
  const held = data instanceof Uint16Array ? (dtype ?? dtypeOf(data)) : carried(data, dtype);
  const made = new Tensor(addon.fromBuffer(data, held, shape ?? [data.length], share));
  return dtype && dtype !== held ? moved(made, { dtype }) : made;
}

/** The dtype that the array's own bytes are: the one named when they fit it, otherwise the array's, to be converted. */
function carried(data: TypedArray, dtype: DType | undefined): DType {
  if (dtype === "bool" && data instanceof Uint8Array) return "bool";
  return dtypeOf(data);
}

function fromNested(data: Nested, shape: readonly number[] | undefined, dtype: DType | undefined): Tensor {
  const flat: (number | boolean | bigint)[] = [];
  const found = flatten(data, flat, 0, []);
  const target = dtype ?? (typeof flat[0] === "boolean" ? "bool" : typeof flat[0] === "bigint" ? "int64" : "float32");
  const narrow = target === "float16" || target === "bfloat16";
  const held = narrow ? "float32" : target;
  const typed = held === "int64" ? BigInt64Array.from(flat, BigInt) : (arrayOf[held] as Float32ArrayConstructor).from(flat, Number);
  const made = new Tensor(addon.fromBuffer(typed, held, shape ?? found, false));
  return narrow ? moved(made, { dtype: target }) : made;
}

function flatten(data: Nested, into: (number | boolean | bigint)[], depth: number, shape: number[]): number[] {
  if (!Array.isArray(data)) {
    if (depth < shape.length) ragged(depth);
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
  const message = `tensor: the nested arrays differ in length at depth ${depth}`;
  throw Object.assign(new RangeError(message), { code: "ERR_TORCH_SHAPE" });
}

function moved(from: Tensor, options: FactoryOptions): Tensor {
  const result = from.to(options);
  from.dispose();
  return result;
}

export function empty(shape: readonly number[], { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
  return ops.empty(shape, { dtype, device });
}

export function zeros(shape: readonly number[], { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
  return ops.zeros(shape, { dtype, device });
}

export function ones(shape: readonly number[], { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
  return ops.ones(shape, { dtype, device });
}

export function full(shape: readonly number[], value: number, { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
  return ops.full(shape, value, { dtype, device });
}

export function eye(n: number, { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
  return ops.eye(n, { dtype, device });
}

/** `start`, `start + step`, … below `end`; int64 unless told. */
export function arange(start: number, end: number, { step = 1, dtype = "int64", device = "cpu" }: FactoryOptions & { step?: number } = {}): Tensor {
  return ops.arange(start, end, { step, dtype, device });
}

export function linspace(start: number, end: number, steps: number, { dtype = "float32", device = "cpu" }: FactoryOptions = {}): Tensor {
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
export function randint(low: number, high: number, shape: readonly number[], { dtype = "int64", device = "cpu", generator = null }: RandomOptions = {}): Tensor {
  return ops.randint(low, high, shape, { generator, dtype, device });
}

/** A random order of 0 … n − 1, int64. */
export function randperm(n: number, { dtype = "int64", device = "cpu", generator = null }: RandomOptions = {}): Tensor {
  return ops.randperm(n, { generator, dtype, device });
}
