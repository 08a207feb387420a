/**
 * PyTorch's own files: a zip of a pickle and the tensors' storages, or, before version 1.6, pickles and storages one after
 * the other. The pickle is read as data and storages where they lie, when a tensor of theirs is asked for.
 * https://pytorch.org/docs/stable/notes/serialization.html
 */
import { type ByteSource, memorySource } from "./byte-source.js";
import { formatError } from "./format-error.js";
import { type PickleRules, unpickle } from "./pickle.js";
import { ITEM_SIZE } from "./safetensors-header.js";
import { TensorStorage } from "./strided-tensor.js";
import { type StorageId, storageId, torchGlobals } from "./torch-pickle.js";
import { readZip, type ZipEntry } from "./zip.js";

const LARGEST_PICKLE = 1 << 27;
const ROOT = /(^|\/)data\.pkl$/;

/** The object that torch.save was given; its tensors are `StridedTensor`s. */
export function readTorchZip(source: ByteSource): unknown {
  const entries = readZip(source);
  const roots = [...entries.keys()].filter((name) => ROOT.test(name));
  if (roots.length !== 1) throw formatError(`this zip is no file of torch.save: ${contents(entries)}`, { where: source.name });
  const folder = roots[0].slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`))
    throw formatError("this is a TorchScript program, not weights", {
      where: source.name,
      remedy: "Load it in Python with torch.jit.load and save its state_dict().",
    });
  checkByteOrder(entries.get(`${folder}byteorder`), source.name);
  const pickle = entries.get(roots[0]) as ZipEntry;
  if (pickle.size > LARGEST_PICKLE) throw formatError(`a data.pkl of ${pickle.size} bytes is absurd`, { where: source.name });
  const rules: PickleRules = {
    globals: torchGlobals(source.name),
    persistent: (id) => zipStorage(storageId(id, source.name), entries, folder, source.name),
  };
  return unpickle(memorySource(pickle.read(0, pickle.size), source.name), rules).value;
}

function contents(entries: ReadonlyMap<string, unknown>): string {
  const names = [...entries.keys()].slice(0, 3).map((name) => JSON.stringify(name.slice(0, 60)));
  return names.length === 0 ? "it is empty" : `it holds ${names.join(", ")}${entries.size > 3 ? " …" : ""}, but not one data.pkl`;
}

function checkByteOrder(entry: ZipEntry | undefined, where: string): void {
  const order = entry && entry.size < 10 ? new TextDecoder().decode(entry.read(0, entry.size)) : "little";
  if (order !== "little") throw formatError(`its numbers are ${order}-endian; only little-endian files are read`, { where });
}

function zipStorage(
  { dtype, key, numel }: StorageId,
  entries: Map<string, ZipEntry>,
  folder: string,
  where: string,
): TensorStorage {
  const entry = entries.get(`${folder}data/${key}`);
  if (!entry) throw formatError(`storage ${JSON.stringify(key)} is missing`, { where });
  if (entry.size !== numel * ITEM_SIZE[dtype])
    throw formatError(
      `storage ${JSON.stringify(key)} has ${entry.size} bytes, but ${numel} of ${dtype} take ${numel * ITEM_SIZE[dtype]}`,
      {
        where,
      },
    );
  return new TensorStorage(dtype, numel, (begin, length) => entry.read(begin, length));
}

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** How a file of the older format begins: a pickle of the magic number. */
export const LEGACY_START = Uint8Array.of(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);

/** The same for the older format: magic number, protocol, system, the object, the storages' keys, the storages. */
export function readTorchLegacy(source: ByteSource): unknown {
  const where = source.name;
  const storages = new Map<string, LegacyStorage>();
  const rules: PickleRules = {
    globals: torchGlobals(where),
    persistent: (id) => legacyStorage(storageId(id, where), storages, source),
  };
  let at = 0;
  const next = (): unknown => {
    const { value, end } = unpickle(source, rules, at);
    at = end;
    return value;
  };
  const [magic, protocol, system, root, keys] = [next(), next(), next(), next(), next()];
  if (magic !== MAGIC || protocol !== PROTOCOL) throw formatError("its first numbers are not PyTorch's", { where });
  if (!(system instanceof Map) || system.get("little_endian") !== true)
    throw formatError("its numbers are big-endian; only little-endian files are read", { where });
  placeStorages(source, storages, keys, at);
  return root;
}

interface LegacyStorage extends StorageId {
  /** Of its first element in the file; known once the pickles are read. */
  begin: number;
}

function legacyStorage(id: StorageId, storages: Map<string, LegacyStorage>, source: ByteSource): TensorStorage {
  const { key, dtype, numel, rest } = id;
  if (rest.length > 0 && rest[0] !== null)
    throw formatError("it holds a view on a storage, as only PyTorch 0.3 wrote", { where: source.name });
  const known = storages.get(key) ?? { ...id, begin: -1 };
  if (known.dtype !== dtype || known.numel !== numel)
    throw formatError(`storage ${JSON.stringify(key)} is described in two ways`, { where: source.name });
  storages.set(key, known);
  return new TensorStorage(dtype, numel, (begin, length) => source.read(known.begin + begin, length));
}

/** The storages lie one after the other in the order of their keys, each behind its number of elements. */
function placeStorages(source: ByteSource, storages: Map<string, LegacyStorage>, keys: unknown, begin: number): void {
  const order: unknown[] = Array.isArray(keys) ? keys : [];
  for (const key of order) {
    const storage = storages.get(key as string);
    const count = source.read(begin, 8);
    const numel = new DataView(count.buffer, count.byteOffset, 8).getBigInt64(0, true);
    if (storage?.begin !== -1 || numel !== BigInt(storage.numel))
      throw formatError("its storages do not agree with its description of them; the file is damaged", { where: source.name });
    storage.begin = begin + 8;
    begin = storage.begin + storage.numel * ITEM_SIZE[storage.dtype];
  }
  if (begin > source.size || [...storages.values()].some((storage) => storage.begin < 0))
    throw formatError("a storage is missing; the file is truncated", { where: source.name });
}
