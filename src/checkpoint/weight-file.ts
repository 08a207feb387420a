/** One door for weight files of every kind: what is in it is told by its first bytes, not by its name. */
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../user-error.js";
import { type ByteSource, fileSource } from "./byte-source.js";
import { formatError } from "./format-error.js";
import { type StoredTensor, safetensorsIn } from "./safetensors.js";
import { byteSize } from "./safetensors-header.js";
import { parseShardIndex } from "./shard-index.js";
import { pickStateDict, plainValues } from "./state-dicts.js";
import { LEGACY_START, readTorchLegacy, readTorchZip } from "./torch-file.js";

export interface WeightFile {
  /** Every file that the tensors come from: an index, then its shards. */
  files: string[];
  format: string;
  /** The way to the state dict that was taken inside a PyTorch checkpoint, such as `model`; empty when there is none. */
  nesting: string;
  /** The ways to the state dicts that were not. */
  others: string[];
  /** What every key began with in the file, such as `module.`, and no longer does. */
  prefix: string;
  /** By key; their bytes are read when they are asked for. */
  tensors: Map<string, StoredTensor>;
  /** Texts that the file carries beside them: safetensors' metadata, a checkpoint's epoch and arguments. */
  metadata: Record<string, string>;
}

type Contents = Pick<WeightFile, "tensors"> & Partial<WeightFile>;

/** What a reader may need besides the file's own bytes. */
export interface Surroundings {
  /** The name of the state dict to take. */
  choice?: string;
  /** Another file of the same folder. */
  beside?: (name: string) => ByteSource;
}

interface Format {
  name: string;
  begins(start: Uint8Array): boolean;
  read(source: ByteSource, around: Surroundings): Contents;
}

const beginsWith = (start: Uint8Array, bytes: Uint8Array): boolean => bytes.every((byte, i) => start[i] === byte);
const ZIP = Uint8Array.of(0x50, 0x4b, 3, 4);
const BRACE = 0x7b;

const FORMATS: readonly Format[] = [
  { name: "PyTorch (zip)", begins: (start) => beginsWith(start, ZIP), read: checkpoint(readTorchZip) },
  { name: "PyTorch (before 1.6)", begins: (start) => beginsWith(start, LEGACY_START), read: checkpoint(readTorchLegacy) },
  { name: "safetensors", begins: (start) => start[7] === 0 && start[8] === BRACE, read: whole(safetensorsIn) },
  { name: "index of shards", begins: (start) => start[0] === BRACE, read: whole(readShards) },
];

// what a model folder of Hugging Face holds, the best first
const IN_FOLDER = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

/**
 * The weights of a file: safetensors, a `.pth` or `.bin` of PyTorch, an index of shards, or a folder that has one of these.
 * `file.pth#model_ema` names the state dict to take where a checkpoint holds several. Nothing in a file is ever run.
 */
export function readWeights(path: string): WeightFile {
  const [file, choice] = splitChoice(path);
  return parseWeights(fileSource(inFolder(file)), { choice });
}

/** The same from any source of bytes. */
export function parseWeights(source: ByteSource, around: Surroundings = {}): WeightFile {
  const start = source.read(0, Math.min(source.size, 32));
  const format = FORMATS.find(({ begins }) => begins(start));
  if (!format) throw unknownFormat(source, start);
  const contents = format.read(source, around);
  const { tensors, prefix } = withoutPrefix(contents.tensors);
  return { files: [source.name], format: format.name, nesting: "", others: [], metadata: {}, ...contents, tensors, prefix };
}

/** A PyTorch checkpoint: the object of torch.save, and the state dict in it. */
function checkpoint(open: (source: ByteSource) => unknown): Format["read"] {
  return (source, { choice }) => {
    const root = open(source);
    const picked = pickStateDict(root, choice, source.name);
    checkTotal(picked.tensors, source);
    return { ...picked, metadata: plainValues(root) };
  };
}

/** A file that is one state dict and nothing else. */
function whole(open: Format["read"]): Format["read"] {
  return (source, around) => {
    if (around.choice === undefined) return open(source, around);
    throw new UserError("ERR_STATE_DICT", `it holds one set of weights, so there is no "${around.choice}" to choose`, {
      where: source.name,
    });
  };
}

/** Every tensor of every shard that the index names. */
function readShards(
  source: ByteSource,
  { beside = (name) => fileSource(join(dirname(source.name), name)) }: Surroundings,
): Contents {
  const places = parseShardIndex(source);
  const shards = new Map([...new Set(places.values())].map((name) => [name, parseWeights(beside(name), { beside: nested })]));
  const tensors = [...places].map(([key, name]): [string, StoredTensor] => {
    const stored = shards.get(name)?.tensors.get(key);
    if (!stored)
      throw formatError(`the index looks for ${JSON.stringify(key)} in ${name}, which lacks it`, { where: source.name });
    return [key, stored];
  });
  const opened = [...shards.values()];
  const format = `${opened.length} shards, ${[...new Set(opened.map(({ format }) => format))].join(" and ")}`;
  return { tensors: new Map(tensors), files: [source.name, ...opened.flatMap(({ files }) => files)], format };
}

const nested = (name: string): never => {
  throw formatError("it is named by an index that is itself a shard of another", { where: name });
};

// views may share a storage, and a view may repeat an element: no file needs much of either, and a bomb would
const MOST_REPETITION = 8;

function checkTotal(tensors: ReadonlyMap<string, StoredTensor>, source: ByteSource): void {
  const total = [...tensors.values()].reduce((sum, { dtype, shape }) => sum + byteSize(dtype, shape), 0);
  if (total > MOST_REPETITION * source.size)
    throw formatError(`its tensors would take ${total} bytes, but the file has ${source.size}`, { where: source.name });
}

const PREFIXES = ["module.", "_orig_mod."];

/** What parallel and compiled wrappers put before every key. */
function withoutPrefix(tensors: Map<string, StoredTensor>): { tensors: Map<string, StoredTensor>; prefix: string } {
  const prefix = PREFIXES.find((each) => tensors.size > 0 && [...tensors.keys()].every((key) => key.startsWith(each)));
  if (!prefix) return { tensors, prefix: "" };
  const inner = withoutPrefix(new Map([...tensors].map(([key, value]) => [key.slice(prefix.length), value])));
  return { tensors: inner.tensors, prefix: prefix + inner.prefix };
}

/** `weights.pth#model_ema` → the file and the choice; a file whose own name has a # is itself. */
function splitChoice(path: string): [string, string | undefined] {
  const at = path.lastIndexOf("#");
  return at < 0 || existsSync(path) ? [path, undefined] : [path.slice(0, at), path.slice(at + 1)];
}

function inFolder(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const found = IN_FOLDER.map((name) => join(path, name)).find((file) => existsSync(file));
  if (found) return found;
  throw formatError("the folder holds no weights that are known by their name", {
    where: path,
    remedy: `Name the file itself, or have one of ${IN_FOLDER.join(", ")} there.`,
  });
}

function unknownFormat(source: ByteSource, start: Uint8Array): UserError {
  const ends = source.name.split(".").at(-1);
  if (source.size === 0) return formatError("the file is empty", { where: source.name });
  if (ends === "safetensors")
    return formatError("it does not begin as a safetensors file; it is damaged or something else", { where: source.name });
  if (start[0] === 0x80) return formatError("it is a pickle, but none that torch.save wrote", { where: source.name });
  return formatError("it is neither safetensors nor a file of PyTorch's torch.save", { where: source.name });
}
