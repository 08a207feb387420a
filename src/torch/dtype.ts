/** The element types that JavaScript can carry, and the typed array of each. */

import { refuse } from "./refuse.js";

export const dtypes = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"] as const;
export type DType = (typeof dtypes)[number];

/** `"cpu"`, `"cuda"` or `"cuda:N"`; `"meta"` for dtype and shape without memory. */
export type Device = "cpu" | "cuda" | `cuda:${number}` | (string & {});
export type MemoryFormat = "contiguous" | "preserve" | "channelsLast";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** float16 and bfloat16 travel as their 16 bits. */
export const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** The dtype that a typed array's bytes are; 16 bits without a sign are the narrow float that is named. */
export function dtypeOf(data: ArrayBufferView, named?: DType): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Int8Array) return "int8";
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return "uint8";
  if (!(data instanceof Uint16Array))
    refuse(TypeError, "ERR_TORCH_DTYPE", `tensor: no dtype holds the elements of a ${data.constructor.name}`);
  if (named !== "float16" && named !== "bfloat16")
    refuse(TypeError, "ERR_TORCH_DTYPE", "tensor: a Uint16Array can be float16 or bfloat16: name the dtype");
  return named;
}
