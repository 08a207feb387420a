/** Any number of pictures through a program that takes a fixed number. */
import { cat, type Tensor, zeros } from "../../torch/index.js";
import type { Program } from "./program.js";

/** The results that are wanted. What is missing in the last piece is blank pictures, whose results are dropped. */
export function runInPieces(
  program: Program,
  images: Tensor /* [B, C, S, S] */,
  wanted: readonly string[],
  batch: number | null,
): Map<string, Tensor> {
  const [count, ...picture] = images.shape;
  if (batch === null || batch === count) return program.run(images, wanted);
  const pieces: Map<string, Tensor>[] = [];
  for (let from = 0; from < count; from += batch) {
    const piece = images.narrow(0, from, Math.min(batch, count - from));
    const blank = zeros([batch - piece.shape[0], ...picture], { dtype: images.dtype, device: images.device });
    pieces.push(program.run(cat([piece, blank]), wanted));
  }
  const whole = (name: string) => cat(pieces.map((piece) => piece.get(name)!)).narrow(0, 0, count); // [B, …]
  return new Map(wanted.map((name) => [name, whole(name)]));
}
