/** What a set of tensors is known by: SHA-256 over their keys, dtypes, shapes and every bit of their values. */
import { createHash } from "node:crypto";
import type { Tensor } from "../torch/index.js";

/** The order of the keys does not count, nor the device; one tensor's bytes are in JavaScript's memory at a time. */
export function hashTensors(tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash("sha256");
  for (const [key, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const values = tensor.data();
    hash.update(`${JSON.stringify([key, tensor.dtype, tensor.shape])}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}
