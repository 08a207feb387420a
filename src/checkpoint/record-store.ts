/**
 * Records of one size under keys, only ever appended, in shards of about a gigabyte that several processes may write side by side,
 * each its own. A shard is two files: the records, and their keys with a checksum each, written after the record. What a kill leaves
 * half-written is not counted, and what has changed on disk since is not given out.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync } from "node:fs"; // biome-ignore format: one import
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { fileError, UserError } from "../user-error.js";
import { writeJsonAtomic } from "./write-atomic.js";

/** Bytes of a key; longer ones are refused. */
export const KEY_BYTES = 16;

const ENTRY_BYTES = KEY_BYTES + 4; // the key, then the record's CRC-32, little-endian
const SHARD_BYTES = 2 ** 30;

export interface StoreOptions {
  /** Of every record. */
  recordBytes: number;
  /** What the records are, for whoever looks; another description is another store. */
  about: Record<string, unknown>;
}

interface Place {
  shard: Shard;
  index: number;
  crc: number;
}

export class RecordStore {
  readonly dir: string;
  readonly recordBytes: number;
  readonly #header: Record<string, unknown>;
  readonly #places = new Map<string, Place>();
  readonly #shards: Shard[] = [];
  #own: Shard | null = null;
  /** Records whose bytes are not those that were written. */
  damaged = 0;

  /** Opens what is there; the folder is made with the first record. Throws when it holds records of another kind. */
  constructor(dir: string, { recordBytes, about }: StoreOptions) {
    this.dir = dir;
    this.recordBytes = recordBytes;
    this.#header = { format: "vit-distill records 1", recordBytes, ...about };
    const file = this.#about;
    if (!existsSync(file)) return;
    try {
      checkHeader(readFileSync(file, "utf8"), this.#header, file);
      for (const name of readdirSync(dir).filter((name) => name.endsWith(".keys")).sort()) this.#read(name.slice(0, -5)); // biome-ignore format: one line
    } catch (error) {
      this.close();
      throw (error as NodeJS.ErrnoException).syscall ? fileError(error, "open", dir) : error;
    }
  }

  get #about(): string {
    return join(this.dir, "about.json");
  }

  /** How many records there are. */
  get count(): number {
    return this.#places.size;
  }

  has(key: Uint8Array): boolean {
    return this.#places.has(nameOf(key));
  }

  /** A record's bytes, or null where there is none that is whole. */
  read(key: Uint8Array): Uint8Array | null {
    const name = nameOf(key);
    const place = this.#places.get(name);
    if (!place) return null;
    const bytes = place.shard.record(place.index, this.recordBytes);
    if (bytes && crc32(bytes) === place.crc) return bytes;
    this.#places.delete(name); // it is written anew
    this.damaged += 1;
    return null;
  }

  /** Adds a record; one that is there stays as it is. */
  append(key: Uint8Array, record: Uint8Array): void {
    if (record.length !== this.recordBytes)
      throw new UserError("ERR_INVALID_OPTION", `A record has ${this.recordBytes} bytes, not ${record.length}.`);
    const name = nameOf(key);
    if (this.#places.has(name)) return;
    try {
      if (!this.#own || (this.#own.count + 1) * this.recordBytes > SHARD_BYTES) this.#own = this.#begin();
      this.#places.set(name, this.#own.append(key, record));
    } catch (error) {
      throw fileError(error, "write", this.dir);
    }
  }

  close(): void {
    for (const shard of this.#shards) shard.close();
    this.#shards.length = 0;
    this.#places.clear();
    this.#own = null;
  }

  #read(name: string): void {
    const shard = new Shard(join(this.dir, name), "r");
    this.#shards.push(shard);
    const { keys, count } = shard.entries(this.recordBytes);
    const view = new DataView(keys.buffer, keys.byteOffset);
    for (let index = 0; index < count; index++) {
      const at = index * ENTRY_BYTES;
      const key = nameOf(keys.subarray(at, at + KEY_BYTES));
      if (!this.#places.has(key)) this.#places.set(key, { shard, index, crc: view.getUint32(at + KEY_BYTES, true) });
    }
  }

  /** The next shard whose name is free; another process may take it first. */
  #begin(): Shard {
    mkdirSync(this.dir, { recursive: true });
    if (!existsSync(this.#about)) writeJsonAtomic(this.#about, this.#header);
    for (let number = this.#shards.length; ; number++) {
      try {
        const shard = new Shard(join(this.dir, String(number).padStart(5, "0")), "wx+");
        this.#shards.push(shard);
        return shard;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }
}

/** Two files that grow together. */
class Shard {
  readonly #path: string;
  readonly #keys: number;
  readonly #records: number;
  count = 0; // appended by this process

  constructor(path: string, flags: "r" | "wx+") {
    this.#path = path;
    this.#keys = openSync(`${path}.keys`, flags);
    this.#records = openSync(`${path}.records`, flags === "r" ? "r" : "w+");
  }

  /** The keys of the records that are whole. */
  entries(recordBytes: number): { keys: Uint8Array; count: number } {
    const keys = readFileSync(`${this.#path}.keys`);
    const { size } = statSync(`${this.#path}.records`);
    return { keys, count: Math.min(Math.floor(keys.length / ENTRY_BYTES), Math.floor(size / recordBytes)) };
  }

  record(index: number, bytes: number): Uint8Array | null {
    const record = new Uint8Array(bytes);
    return readSync(this.#records, record, 0, bytes, index * bytes) === bytes ? record : null;
  }

  append(key: Uint8Array, record: Uint8Array): Place {
    const index = this.count;
    const crc = crc32(record);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.set(key);
    entry.writeUInt32LE(crc, KEY_BYTES);
    try {
      writeWhole(this.#records, record, index * record.length);
      writeWhole(this.#keys, entry, index * ENTRY_BYTES);
    } catch (error) {
      ftruncateSync(this.#keys, index * ENTRY_BYTES);
      ftruncateSync(this.#records, index * record.length);
      throw error;
    }
    this.count += 1;
    return { shard: this, index, crc };
  }

  close(): void {
    closeSync(this.#keys);
    closeSync(this.#records);
  }
}

function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

function nameOf(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) throw new UserError("ERR_INVALID_OPTION", `A key has ${KEY_BYTES} bytes, not ${key.length}.`);
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}

function checkHeader(text: string, mine: Record<string, unknown>, where: string): void {
  if (text.trim() === JSON.stringify(mine, null, 2)) return;
  throw new UserError("ERR_CACHE", "it describes records of another kind", {
    where,
    remedy: "Take another folder, or remove this one.",
  });
}
