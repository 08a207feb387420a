/** JSON that vouches for itself: it carries the SHA-256 of its content and has one way to be written, so that no byte of it can change unseen. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileError } from "../user-error.js";
import { writeFileAtomic } from "./write-atomic.js";

export function writeSealed(path: string, content: object): void {
  writeFileAtomic(path, sealed(content));
}

/** What `writeSealed` wrote; null where a byte of it is another. */
export function readSealed<T extends object>(path: string): T | null {
  const bytes = readBytes(path);
  try {
    const { sha256, ...content } = JSON.parse(bytes.toString("utf8"));
    return bytes.equals(Buffer.from(sealed(content))) ? (content as T) : null;
  } catch {
    return null;
  }
}

function sealed(content: object): string {
  const sha256 = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  return `${JSON.stringify({ ...content, sha256 }, null, 2)}\n`;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, "read", path);
  }
}
