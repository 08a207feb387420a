/** Tar archives read by their headers alone, so that members can be picked out in any order. POSIX.1-1988 and -2001, and GNU's long names. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DataError, unreadable } from "../error.js";

export interface TarMember {
  readonly name: string;
  readonly start: number; // of its bytes in the archive
  readonly size: number;
}

const BLOCK = 512;
const MOST_NAME = 1 << 20;

/** Bytes of a file, wherever they are asked for; fewer at its end. */
export type ReadAt = (start: number, size: number) => Uint8Array;

/** What `use` makes of a file, which is closed behind it. Reads go through a window, for headers lie close together. */
export function withFile<T>(path: string, use: (readAt: ReadAt, size: number) => T): T {
  const file = opened(path);
  const window = new Uint8Array(1 << 16);
  let from = 0;
  let length = 0;
  const readAt: ReadAt = (start, size) => {
    if (size > window.length) return read(new Uint8Array(size), start);
    if (start < from || start + size > from + length) {
      from = start;
      length = read(window, start).length;
    }
    return window.slice(start - from, Math.min(start - from + size, length));
  };
  const read = (into: Uint8Array, start: number) => into.subarray(0, readSync(file, into, 0, into.length, start));
  try {
    return use(readAt, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw unreadable(`${path} cannot be opened: ${(error as Error).message}.`, error);
  }
}

/** The ordinary files in an archive of `size` bytes, in order. The last one may be cut off. `source` is the name for messages. */
export function* tarMembers(readAt: ReadAt, size: number, source = "tar archive"): Generator<TarMember> {
  let next: { name?: string; size?: number } = {}; // what an extended header says of the member behind it
  for (let at = 0; at + BLOCK <= size; ) {
    const block = readAt(at, BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const refuse = (what: string) =>
      new DataError("ERR_DATA_FORMAT", `${source} ${at === 0 ? "is not a tar archive" : `is damaged at byte ${at}`}: ${what}.`);
    const header = parseHeader(block, refuse);
    const body = next.size !== undefined && !isExtension(header.kind) ? next.size : header.size;
    const start = at + BLOCK;
    if (isExtension(header.kind)) {
      if (body > MOST_NAME || start + body > size) throw refuse(`an extended header has ${body} bytes`);
      next = { ...next, ...extension(header.kind, readAt(start, body), refuse) };
    } else {
      if (header.kind === "0" || header.kind === "\0" || header.kind === "7")
        yield { name: next.name ?? header.name, start, size: body };
      next = {};
    }
    at = start + Math.ceil(body / BLOCK) * BLOCK;
  }
}

const isExtension = (kind: string): boolean => "xgLK".includes(kind);

type Refuse = (what: string) => DataError;

function parseHeader(block: Uint8Array, refuse: Refuse): { name: string; size: number; kind: string } {
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (Number.parseInt(text(block, 148, 8).trim(), 8) !== sum) throw refuse("the checksum of a header is wrong");
  const isPosix = text(block, 257, 5) === "ustar";
  const prefix = isPosix && block[262] === 0 ? text(block, 345, 155) : ""; // GNU keeps times there
  const name = text(block, 0, 100);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    size: number(block, 124, 12, refuse),
    kind: String.fromCharCode(block[156]),
  };
}

/** Up to the first zero byte. */
function text(bytes: Uint8Array, start: number, size: number): string {
  const field = bytes.subarray(start, start + size);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString();
}

/** Octal digits, or behind a set first bit the bytes of a large number. */
function number(block: Uint8Array, start: number, size: number, refuse: Refuse): number {
  if (block[start] & 0x80) {
    const value = block.subarray(start + 1, start + size).reduce((sum, byte) => sum * 256 + byte, block[start] & 0x7f);
    if (Number.isSafeInteger(value)) return value;
    throw refuse("a size is beyond all files");
  }
  const digits = text(block, start, size).trim();
  if (/^[0-7]*$/.test(digits)) return Number.parseInt(digits || "0", 8);
  throw refuse(`"${digits}" is not an octal number`);
}

function extension(kind: string, body: Uint8Array, refuse: Refuse): { name?: string; size?: number } {
  if (kind === "L") return { name: text(body, 0, body.length) };
  return kind === "x" ? paxRecords(body, refuse) : {};
}

/** Lines of "length key=value", the length counting the whole line. */
function paxRecords(body: Uint8Array, refuse: Refuse): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const space = body.indexOf(32, at);
    const length = Number(Buffer.from(body.subarray(at, Math.max(at, space))).toString());
    if (space < 0 || !Number.isInteger(length) || length < space - at + 3 || at + length > body.length)
      throw refuse("an extended header has no length");
    const line = Buffer.from(body.subarray(space + 1, at + length - 1)).toString();
    const value = line.slice(line.indexOf("=") + 1);
    if (line.startsWith("path=")) found.name = value;
    if (line.startsWith("size=")) {
      if (!/^\d{1,15}$/.test(value)) throw refuse(`"${value}" is not a size`);
      found.size = Number(value);
    }
    at += length;
  }
  return found;
}
