/**
 * The directory of a zip whose entries are stored, as PyTorch writes them: each can be read in part where it lies.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { type ByteSource, fileSource } from "./byte-source.js";
import { formatError } from "./format-error.js";

export interface ZipEntry {
  readonly size: number;
  /** 0 for none, 8 for deflate. */
  readonly compression: number;
  /** Of its `size` bytes, as the directory has it. */
  readonly crc32: number;
  /** Where it lies, compressed or not. */
  locate(): { begin: number; length: number };
  /** `length` bytes of the entry from `begin` on. */
  read(begin: number, length: number): Uint8Array;
}

const END = { signature: 0x06054b50, length: 22 };
const END64 = { signature: 0x06064b50, length: 56 };
const LOCATOR64 = { signature: 0x07064b50, length: 20 };
const CENTRAL = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };

// in 16 or 32 bits: the value stands in the zip64 record
const ELSEWHERE_16 = 0xffff;
const ELSEWHERE_32 = 0xffffffff;
const ENCRYPTED = 1;
const LONGEST_COMMENT = 0xffff;
const LARGEST_DIRECTORY = 1 << 24; // a hundred thousand entries

/** The names of a file's entries. */
export const zipEntries = (path: string): string[] => [...readZip(fileSource(path)).keys()];

/** The entries by name. Reading one that is compressed or encrypted is refused: no bomb can hide in what is left. */
export function readZip(source: ByteSource): Map<string, ZipEntry> {
  const { begin, size, count } = findDirectory(source);
  if (size > LARGEST_DIRECTORY) damaged(source, `its directory of ${size} bytes is absurd`);
  const directory = view(source.read(begin, size));
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; entries.size < count; ) {
    if (at + CENTRAL.length > size || directory.getUint32(at, true) !== CENTRAL.signature)
      damaged(source, "its directory breaks off");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const next = at + CENTRAL.length + nameLength + extraLength + commentLength;
    if (next > size) damaged(source, "its directory breaks off");
    const name = text(directory, at + CENTRAL.length, nameLength);
    if (entries.has(name)) damaged(source, `${JSON.stringify(name)} is in it twice`);
    entries.set(name, entry(source, name, directory, at));
    at = next;
  }
  return entries;
}

function findDirectory(source: ByteSource): { begin: number; size: number; count: number } {
  const tailLength = Math.min(source.size, END.length + LONGEST_COMMENT + LOCATOR64.length);
  const tailBegin = source.size - tailLength;
  const tail = view(source.read(tailBegin, tailLength));
  const at = lastIndexOf(tail, END.signature, tailLength - END.length);
  if (at < 0) damaged(source, "it has no directory at its end; it is truncated");
  const count = tail.getUint16(at + 10, true);
  const size = tail.getUint32(at + 12, true);
  const begin = tail.getUint32(at + 16, true);
  if (count !== ELSEWHERE_16 && size !== ELSEWHERE_32 && begin !== ELSEWHERE_32) return { begin, size, count };
  const locator = at - LOCATOR64.length;
  if (locator < 0 || tail.getUint32(locator, true) !== LOCATOR64.signature)
    damaged(source, "its zip64 directory cannot be found");
  const end = view(source.read(offset(source, tail, locator + 8), END64.length));
  if (end.getUint32(0, true) !== END64.signature) damaged(source, "its zip64 directory cannot be found");
  return { count: offset(source, end, 32), size: offset(source, end, 40), begin: offset(source, end, 48) };
}

function entry(source: ByteSource, name: string, directory: DataView, at: number): ZipEntry {
  const where = `${source.name}: entry ${JSON.stringify(name.slice(0, 100))}`;
  const refuse = (what: string): never => {
    throw formatError(what, { where });
  };
  const flags = directory.getUint16(at + 8, true);
  const method = directory.getUint16(at + 10, true);
  const crc32 = directory.getUint32(at + 16, true);
  const { size, packed, header } = placeOf(source, directory, at);
  if (header + LOCAL.length + packed > source.size)
    refuse("it reaches beyond the end of the file; the file is truncated or damaged");
  const locate = () => {
    if (flags & ENCRYPTED) refuse("it is encrypted");
    const local = view(source.read(header, LOCAL.length));
    if (local.getUint32(0, true) !== LOCAL.signature) refuse("it is not where the directory says");
    return { begin: header + LOCAL.length + local.getUint16(26, true) + local.getUint16(28, true), length: packed };
  };
  return {
    size,
    compression: method,
    crc32,
    locate,
    read(begin, length) {
      if (method !== 0 || packed !== size) refuse("it is compressed; PyTorch stores its entries as they are");
      if (begin + length > size) refuse(`it has ${size} bytes; ${begin + length} are asked for`);
      return source.read(locate().begin + begin, length);
    },
  };
}

/** The sizes and the place of the local header; each that does not fit in 32 bits stands in the zip64 field, in this order. */
function placeOf(source: ByteSource, directory: DataView, at: number): { size: number; packed: number; header: number } {
  const short = [24, 20, 42].map((field) => directory.getUint32(at + field, true));
  let field = zip64Field(directory, at);
  const [size, packed, header] = short.map((value) => {
    if (value !== ELSEWHERE_32) return value;
    if (!field || field.begin + 8 > field.end) damaged(source, "a zip64 size is missing");
    const whole = offset(source, directory, field.begin);
    field = { ...field, begin: field.begin + 8 };
    return whole;
  });
  return { size, packed, header };
}

function zip64Field(directory: DataView, at: number): { begin: number; end: number } | undefined {
  let begin = at + CENTRAL.length + directory.getUint16(at + 28, true);
  const end = begin + directory.getUint16(at + 30, true);
  while (begin + 4 <= end) {
    const next = begin + 4 + directory.getUint16(begin + 2, true);
    if (directory.getUint16(begin, true) === 1 && next <= end) return { begin: begin + 4, end: next };
    begin = next;
  }
  return undefined;
}

function offset(source: ByteSource, bytes: DataView, at: number): number {
  const value = bytes.getBigUint64(at, true);
  if (value > BigInt(source.size)) damaged(source, "its directory points beyond its end");
  return Number(value);
}

function lastIndexOf(bytes: DataView, signature: number, from: number): number {
  for (let at = from; at >= 0; at--) if (bytes.getUint32(at, true) === signature) return at;
  return -1;
}

function damaged(source: ByteSource, how: string): never {
  throw formatError(`the zip is damaged: ${how}`, { where: source.name });
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const text = (bytes: DataView, at: number, length: number): string =>
  new TextDecoder().decode(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length));
