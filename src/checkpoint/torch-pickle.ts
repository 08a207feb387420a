/**
 * The names that PyTorch's pickles of weights hold, each as plain data of ours. What is not in this table is refused.
 * https://pytorch.org/docs/stable/generated/torch.load.html (weights_only)
 */
import { formatError } from "./format-error.js";
import { PickledObject, PickleGlobal } from "./pickle.js";
import { ITEM_SIZE, type StoredDtype } from "./safetensors-header.js";
import { isWholeNumbers, StridedTensor, TensorStorage } from "./strided-tensor.js";

const STORAGES: Record<string, StoredDtype> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** Scalar kinds of NumPy by its codes, and how a little-endian value is read. */
const SCALARS: Record<string, (bytes: DataView) => unknown> = {
  f8: (b) => b.getFloat64(0, true),
  f4: (b) => b.getFloat32(0, true),
  i8: (b) => Number(b.getBigInt64(0, true)),
  i4: (b) => b.getInt32(0, true),
  u8: (b) => Number(b.getBigUint64(0, true)),
  u4: (b) => b.getUint32(0, true),
  u1: (b) => b.getUint8(0),
  b1: (b) => b.getUint8(0) !== 0,
};

const DTYPES = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split(" ");

/** The storage that a name stands for, and its element type. */
class StorageType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: StoredDtype,
  ) {
    super(name);
  }
}

/** A persistent id's first five parts: kind, type, key, device, elements. Both formats of PyTorch begin so. */
export interface StorageId {
  dtype: StoredDtype;
  key: string;
  numel: number;
  rest: unknown[];
}

export function storageId(id: unknown, where: string): StorageId {
  const [kind, type, key, , numel, ...rest] = Array.isArray(id) ? id : [];
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string" || !isWholeNumbers([numel]))
    throw formatError("a tensor's storage is not described as PyTorch describes it", { where });
  if (numel * ITEM_SIZE[type.dtype] > Number.MAX_SAFE_INTEGER) throw formatError(`storage ${key} is absurdly large`, { where });
  return { dtype: type.dtype, key, numel, rest };
}

/** The table for one file; `where` names it in errors. */
export function torchGlobals(where: string): ReadonlyMap<string, PickleGlobal> {
  const refuse = (what: string): never => {
    throw formatError(what, { where });
  };

  function tensor([storage, offset, shape, stride]: unknown[]): StridedTensor {
    return storage instanceof TensorStorage
      ? new StridedTensor({ storage, offset, shape, stride }, where)
      : refuse("a tensor has no storage");
  }

  function scalar([dtype, bytes]: unknown[]): unknown {
    const code: unknown = dtype instanceof PickledObject ? dtype.fields.get("code") : undefined;
    const read = typeof code === "string" && Object.hasOwn(SCALARS, code) ? SCALARS[code] : undefined;
    const whole = read && bytes instanceof Uint8Array && bytes.length === Number((code as string)[1]);
    return whole
      ? read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
      : refuse("a NumPy number is of an unknown kind");
  }

  const calls: Record<string, (args: unknown[]) => unknown> = {
    "torch._utils._rebuild_tensor": tensor,
    "torch._utils._rebuild_tensor_v2": tensor,
    "torch._utils._rebuild_parameter": ([data]) => data,
    "torch.Size": ([sizes]) => sizes,
    "torch.device": ([type, index]) => (index === undefined ? type : [type, index]),
    "collections.OrderedDict": ([pairs = []]) => dict(pairs),
    "collections.Counter": ([counts = []]) => dict(counts),
    "argparse.Namespace": () => new PickledObject("argparse.Namespace"),
    "builtins.set": ([items = []]) => (Array.isArray(items) ? new Set(items) : refuse("a set is made of no list")),
    "builtins.bytes": () => new Uint8Array(),
    "_codecs.encode": ([text]) =>
      typeof text === "string" ? Uint8Array.from(Buffer.from(text, "latin1")) : refuse("bytes are made of no text"),
    "numpy.dtype": ([code]) => withCode(code),
    "numpy.core.multiarray.scalar": scalar,
    "numpy._core.multiarray.scalar": scalar,
  };

  function dict(pairs: unknown): Map<unknown, unknown> {
    if (pairs instanceof Map) return new Map(pairs);
    const whole = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
    return whole ? new Map(pairs as [unknown, unknown][]) : refuse("a dict is made of no pairs");
  }

  return new Map(
    [
      ...Object.entries(calls).map(([name, call]) => new PickleGlobal(name, call)),
      ...Object.entries(STORAGES).map(([name, dtype]) => new StorageType(`torch.${name}`, dtype)),
      new StorageType("torch.storage.UntypedStorage", "U8"),
      ...DTYPES.map((name) => new PickleGlobal(`torch.${name}`)),
    ].map((global) => [global.name, global]),
  );
}

function withCode(code: unknown): PickledObject {
  const dtype = new PickledObject("numpy.dtype");
  dtype.fields.set("code", code);
  return dtype;
}
