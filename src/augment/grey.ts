/** Grey from colours and mixtures of two bytes, rounded as Pillow rounds them. */

/** The luma of pixel `i` (ITU-R 601-2) in 16-bit fixed point; a picture of one channel is its own. */
export function greyOf(data: Uint8Array, i: number, area: number): number {
  if (data.length === area) return data[i];
  return (data[i] * 19595 + data[area + i] * 38470 + data[2 * area + i] * 7471 + 0x8000) >> 16;
}

/** `from` + factor · (`to` − `from`) in float32, cut off to a byte; a factor above 1 goes beyond `to`. */
export function blended(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}
