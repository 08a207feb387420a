/** Tensors to and from safetensors files, under their state-dict keys. */
import { type Device, type DType, type Tensor, type TypedArray, tensor } from "../torch/index.js";
import { formatError } from "./format-error.js";
import type { Digest } from "./hash-file.js";
import { readSafetensors, type StoredDtype, type StoredTensor, writeSafetensors } from "./safetensors.js";
import { tensorIn } from "./safetensors-header.js";
import { readWeights, type WeightFile } from "./weight-file.js";

const DTYPES: Record<StoredDtype, DType> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};
const STORED = new Map(Object.entries(DTYPES).map(([stored, dtype]) => [dtype, stored as StoredDtype]));

// the 16-bit floats travel as their bits
const ARRAYS: Record<StoredDtype, new (buffer: ArrayBuffer) => TypedArray> = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

let read = new Set<string>();

/** The files that this process has loaded tensors from, for a run's manifest. */
export function filesRead(): string[] {
  return [...read];
}

/** Runs `fn`; the files that it reads are told to the caller and not counted as the process's. */
export function readingApart<T>(fn: () => T): { result: T; files: string[] } {
  const outer = read;
  const mine = new Set<string>();
  read = mine;
  try {
    return { result: fn(), files: [...mine] };
  } finally {
    read = outer;
  }
}

/** For files that others read: this one, too, is a part of what the process computes. */
export function noteFileRead(path: string): void {
  read.add(path);
}

/** Every tensor of a weight file of any kind (`readWeights`), under the file's keys; the caller owns them. */
export function loadTensors(path: string, { device = "cpu" }: { device?: Device } = {}): Map<string, Tensor> {
  return toTensors(readWeights(path), { device });
}

/** The tensors of an opened file, which is then one of those read; the caller owns them. */
export function toTensors(
  { files, tensors }: Pick<WeightFile, "files" | "tensors">,
  { device = "cpu" }: { device?: Device } = {},
): Map<string, Tensor> {
  for (const file of files) read.add(file);
  return made(tensors, files[0], device);
}

/** Every tensor of a safetensors file of the program's own, which is not one of those read; the caller owns them. */
export const loadOwnTensors = (path: string, { device = "cpu" }: { device?: Device } = {}): Map<string, Tensor> =>
  made(readSafetensors(path).tensors, path, device);

function made(tensors: WeightFile["tensors"], file: string, device: Device): Map<string, Tensor> {
  const loaded = new Map<string, Tensor>();
  try {
    for (const [name, stored] of tensors) loaded.set(name, toTensor(stored, device, tensorIn(file, name)));
  } catch (error) {
    for (const made of loaded.values()) made.dispose();
    throw error;
  }
  return loaded;
}

/** Write tensors atomically; one tensor's bytes are in JavaScript's memory at a time. Returns what was written. */
export function saveTensors(path: string, tensors: Map<string, Tensor>, metadata: Record<string, string> = {}): Digest {
  const stored = [...tensors].map(([name, value]): [string, StoredTensor] => [name, toStored(value, tensorIn(path, name))]);
  return writeSafetensors(path, new Map(stored), metadata);
}

function toTensor({ dtype, shape, bytes }: StoredTensor, device: Device, where: string): Tensor {
  if (dtype === "BOOL" && bytes.some((byte) => byte > 1)) throw formatError("a BOOL that is neither 0 nor 1", { where });
  const alone = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  return tensor(new ARRAYS[dtype](alone.buffer as ArrayBuffer), { shape, dtype: DTYPES[dtype], device });
}

function toStored(value: Tensor, where: string): StoredTensor {
  const dtype = STORED.get(value.dtype);
  if (dtype === undefined) throw formatError(`dtype ${value.dtype} cannot be stored`, { where });
  return {
    dtype,
    shape: value.shape,
    get bytes() {
      const data = value.data();
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    },
  };
}
