/** The header of a safetensors file, checked to the letter. https://github.com/huggingface/safetensors#format */
import { formatError } from "./format-error.js";

export const ITEM_SIZE = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
const UNSUPPORTED = /^(U16|U32|U64|C64|F4|F6_\w+|F8_\w+)$/;

/** The reference reader's limit. */
export const HEADER_LIMIT = 100_000_000;

const ZIP = 0x504b0304;

export type StoredDtype = keyof typeof ITEM_SIZE;

/** One line of the header; `begin` and `end` count from the end of the header. */
export interface HeaderEntry {
  dtype: StoredDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface Header {
  entries: Map<string, HeaderEntry>;
  metadata: Record<string, string>;
}

/** The header's length from the first 8 bytes of a file of `fileSize` bytes. */
export function headerLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < 8) throw formatError(`the file is ${fileSize} bytes long, too short for a safetensors file`, { where: file });
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT)) {
    if (view.getUint32(0) === ZIP)
      throw formatError("this is a zip file (a .pth of PyTorch?), not a safetensors file", { where: file });
    throw formatError(
      `the header claims ${length} bytes, more than the limit of ${HEADER_LIMIT}; this is no safetensors file, or a damaged one`,
      { where: file },
    );
  }
  if (Number(length) > fileSize - 8) {
    throw formatError(`the header claims ${length} bytes, but only ${fileSize - 8} follow; the file is truncated or damaged`, {
      where: file,
    });
  }
  return Number(length);
}

/** Parse the header's bytes; `dataSize` bytes of tensors follow it in the file. */
export function parseHeader(bytes: Uint8Array, dataSize: number, file: string): Header {
  const text = decode(bytes, file);
  checkText(text, file);
  const json = parseJson(text, file);
  const { __metadata__: metadata = {}, ...tensors } = json;
  const entries = new Map(Object.entries(tensors).map(([name, entry]) => [name, checkEntry(entry, tensorIn(file, name))]));
  checkLayout(entries, dataSize, file);
  return { entries, metadata: checkMetadata(metadata, file) };
}

/** How error messages name a tensor. */
export function tensorIn(file: string, name: string): string {
  return `${file}: tensor ${quote(name)}`;
}

// a damaged file can hold names of megabytes and control characters
function quote(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 100)}…` : text;
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes[0] !== 0x7b) throw formatError("the header does not begin with {", { where: file });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw formatError("the header is not UTF-8 text", { where: file, cause });
  }
}

function parseJson(text: string, file: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw formatError(`the header is not JSON: ${quote((cause as Error).message)}`, { where: file, cause });
  }
}

/** What JSON.parse would let pass or choke on: a key given twice, deep nesting, numbers that are not plain whole numbers. */
function checkText(text: string, file: string): void {
  const keys: Set<string>[] = [];
  let tensor = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") {
      if (keys.push(new Set()) > 3)
        throw formatError("the header is nested deeper than a safetensors header can be", { where: file });
    } else if (char === "}" || char === "]") {
      keys.pop();
    } else if (char === '"') {
      const end = stringEnd(text, at);
      const key = isKey(text, end) ? unquote(text.slice(at, end)) : undefined;
      at = end - 1;
      if (key === undefined) continue;
      const scope = keys.at(-1);
      if (keys.length === 1) tensor = key;
      if (scope?.has(key))
        throw formatError(keys.length === 1 ? "is given twice" : `${quote(key)} is given twice`, {
          where: tensorIn(file, tensor),
        });
      scope?.add(key);
    } else if (char === "-" || (char >= "0" && char <= "9")) {
      const end = numberEnd(text, at);
      checkNumber(text.slice(at, Math.min(end, at + 40)), tensorIn(file, tensor));
      at = end - 1;
    }
  }
}

/** The index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return text[at] === ":";
}

function unquote(literal: string): string {
  try {
    return JSON.parse(literal);
  } catch {
    return literal; // JSON.parse of the whole header reports it
  }
}

function numberEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && "+-.0123456789eE".includes(text[at])) at++;
  return at;
}

function checkNumber(literal: string, where: string): void {
  if (!/^(0|[1-9]\d*)$/.test(literal)) throw formatError(`${literal} is not a whole number from 0 up`, { where });
  if (!Number.isSafeInteger(Number(literal))) throw formatError(`the number ${literal} is too large`, { where });
}

function checkEntry(entry: unknown, where: string): HeaderEntry {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    throw formatError("its header entry is not an object", { where });
  const { dtype, shape, data_offsets: offsets, ...rest } = entry as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw formatError(`unknown field ${quote(unknown)} in its header entry`, { where });
  if (!isWholeNumbers(shape)) throw formatError("its shape is not a list of whole numbers", { where });
  if (!isWholeNumbers(offsets) || offsets.length !== 2)
    throw formatError("its data_offsets are not two whole numbers", { where });
  const checked = { dtype: checkDtype(dtype, where), shape, begin: offsets[0], end: offsets[1] };
  checkSize(checked, where);
  return checked;
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function checkDtype(dtype: unknown, where: string): StoredDtype {
  if (typeof dtype !== "string") throw formatError("it has no dtype", { where });
  if (Object.hasOwn(ITEM_SIZE, dtype)) return dtype as StoredDtype;
  const known = Object.keys(ITEM_SIZE).join(" ");
  throw formatError(
    UNSUPPORTED.test(dtype)
      ? `dtype ${dtype} is not supported here (supported: ${known})`
      : `unknown dtype ${quote(dtype)} (known: ${known})`,
    { where },
  );
}

function checkSize({ dtype, shape, begin, end }: HeaderEntry, where: string): void {
  const size = byteSize(dtype, shape);
  if (!Number.isSafeInteger(size)) throw formatError(`its shape ${quote(shape)} is too large`, { where });
  if (begin > end) throw formatError(`its data_offsets run backwards (${begin} to ${end})`, { where });
  if (end - begin !== size) {
    throw formatError(`its data_offsets span ${end - begin} bytes, but shape ${quote(shape)} of ${dtype} takes ${size}`, {
      where,
    });
  }
}

/** Bytes of a tensor; a zero among huge dimensions still makes zero. */
export function byteSize(dtype: StoredDtype, shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, ITEM_SIZE[dtype]);
}

/** The tensors, laid end to end, must cover the data exactly. */
function checkLayout(entries: Map<string, HeaderEntry>, dataSize: number, file: string): void {
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of ordered) {
    const where = tensorIn(file, name);
    if (begin < covered)
      throw formatError(`its bytes overlap with another tensor's (it begins at ${begin}, the one before ends at ${covered})`, {
        where,
      });
    if (begin > covered) throw formatError(`there is a gap of ${begin - covered} bytes before it`, { where });
    if (end > dataSize)
      throw formatError(`it ends at byte ${end} of the data, but the file holds ${dataSize}; the file is truncated`, { where });
    covered = end;
  }
  if (covered !== dataSize)
    throw formatError(`${dataSize - covered} bytes follow the last tensor that belong to none`, { where: file });
}

function checkMetadata(metadata: unknown, file: string): Record<string, string> {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))
    throw formatError("__metadata__ is not an object", { where: file });
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") throw formatError(`__metadata__ ${quote(key)} is not a string`, { where: file });
  }
  return metadata as Record<string, string>;
}
