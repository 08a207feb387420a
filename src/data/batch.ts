/** What the loader hands over, and what may happen to a whole batch. */
import type { Rng } from "./rng.js";

export interface Batch {
  readonly images: Float32Array; // [B, C, H, W]
  readonly shape: [number, number, number, number];
  readonly labels: BigInt64Array; // [B], −1 for a picture without a label
  readonly rows: Int32Array; // [B]: which pictures of the data set these are
  readonly asked: Uint32Array; // [B]: which belong in their places: others, where those cannot be used
  targets: Float32Array | null; // [B, classes] once mixed, else null
  readonly classes: number;
  readonly index: number; // of this batch in its epoch
  readonly bad: readonly BadPicture[]; // met in this batch for the first time; others stand in their places
}

/** The places whose picture is the one that belongs there, and no stand-in for another. */
export const ownPlaces = ({ rows, asked }: Pick<Batch, "rows" | "asked">): number[] =>
  Array.from(rows, (_, place) => place).filter((place) => rows[place] === asked[place]);

/** A picture that cannot be used: what it is called, and why. */
export interface BadPicture {
  readonly name: string;
  readonly reason: string;
}

/** Changes the batch in place. */
export type BatchOp = (batch: Batch, rng: Rng) => void;
