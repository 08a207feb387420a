/** Edits that mix each pixel with its grey or with its neighbours, as Pillow's ImageEnhance and ImageFilter define them. */
import type { Edit } from "./edit.js";
import { blended, greyOf } from "./grey.js";

/** Every channel becomes the luma. */
export const greyscale: Edit = ({ data, channels }, out) => {
  const area = data.length / channels;
  for (let i = 0; i < area; i++) {
    const grey = greyOf(data, i, area);
    for (let at = i; at < data.length; at += area) out[at] = grey;
  }
};

/** Saturation: towards grey below 1, away from it above. */
export const colour =
  (factor: number): Edit =>
  (image, out) => {
    greyscale(image, out);
    for (let i = 0; i < out.length; i++) out[i] = blended(out[i], image.data[i], factor);
  };

/** Towards a 3×3 smoothing below 1, away from it above. The outermost pixels have no neighbours and stay. */
export const sharpness =
  (factor: number): Edit =>
  ({ data, height, width }, out) => {
    out.set(data);
    for (let top = 0; top < data.length; top += height * width) {
      for (let y = 1; y < height - 1; y++) {
        for (let at = top + y * width + 1; at < top + (y + 1) * width - 1; at++) {
          out[at] = blended(smoothed(data, at, width), data[at], factor);
        }
      }
    }
  };

/** (four times itself + the 3×3 around it) / 13, rounded; 13 is odd, so that no value lies halfway. */
function smoothed(data: Uint8Array, at: number, width: number): number {
  const above = data[at - width - 1] + data[at - width] + data[at - width + 1];
  const below = data[at + width - 1] + data[at + width] + data[at + width + 1];
  const sum = above + data[at - 1] + 5 * data[at] + data[at + 1] + below;
  return Math.floor((2 * sum + 13) / 26);
}
