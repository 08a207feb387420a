/** What the loader hands over, and what may happen to a whole batch. */
import type { Rng } from "./rng.js";

export interface Batch {
  readonly images: Float32Array; // [B, C, H, W]
  readonly shape: [number, number, number, number];
  readonly labels: BigInt64Array; // [B]
  targets: Float32Array | null; // [B, classes] once mixed, else null
  readonly classes: number;
  readonly index: number; // of this batch in its epoch
}

/** Changes the batch in place. */
export type BatchOp = (batch: Batch, rng: Rng) => void;
