/** SHA-256 of what lies in a file, or is on its way into one. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { fileError } from "../user-error.js";

/** What every byte of a file is known by. */
export interface Digest {
  bytes: number;
  sha256: string;
}

/** Of a file, a megabyte at a time. */
export function hashFile(path: string): string {
  const hash = createHash("sha256");
  const part = new Uint8Array(1 << 20);
  try {
    const file = openSync(path, "r");
    try {
      for (let count = readSync(file, part); count > 0; count = readSync(file, part)) hash.update(part.subarray(0, count));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError(error, "read", path);
  }
  return hash.digest("hex");
}

/** The parts as they come, counted and hashed while they pass. */
export class Passing {
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;

  *through(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const part of parts) {
      this.#hash.update(part);
      this.#bytes += part.length;
      yield part;
    }
  }

  /** Of all that passed; to be asked once. */
  digest(): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }
}
