/** SHA-256 of a file, a megabyte at a time. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { fileError } from "../user-error.js";

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
