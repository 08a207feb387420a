/** CutMix's rectangle: area (1 − lambda) of the picture around a random centre, cut off at the edges. https://arxiv.org/abs/1905.04899 */
import type { Rng } from "../data/index.js";

export interface Box {
  top: number;
  bottom: number; // exclusive, as is `right`
  left: number;
  right: number;
}

export const randomBox = (height: number, width: number, lambda: number, rng: Rng): Box =>
  boxAround({ y: rng.int(height), x: rng.int(width) }, height, width, lambda);

/** Sides are truncated and then halved downwards, as timm does: an odd side loses a pixel. */
export function boxAround(centre: { y: number; x: number }, height: number, width: number, lambda: number): Box {
  const ratio = Math.sqrt(1 - lambda);
  const halfHeight = Math.floor(height * ratio) >> 1;
  const halfWidth = Math.floor(width * ratio) >> 1;
  return {
    top: Math.max(0, centre.y - halfHeight),
    bottom: Math.min(height, centre.y + halfHeight),
    left: Math.max(0, centre.x - halfWidth),
    right: Math.min(width, centre.x + halfWidth),
  };
}

export const boxShare = ({ top, bottom, left, right }: Box, height: number, width: number): number =>
  ((bottom - top) * (right - left)) / (height * width);
