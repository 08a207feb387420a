/** Edits that mix each pixel with its grey or with its neighbours, as Pillow's ImageEnhance and ImageFilter define them. */
import { pixels } from "../data/pixels.js";
import type { ByteImage, Edit } from "./edit.js";

/** The luma, [H, W]; a picture of one channel is its own. */
export function greyOf({ data, channels }: ByteImage): Uint8Array {
  if (channels === 1) return data;
  const out = new Uint8Array(data.length / channels);
  pixels.grey(data, out);
  return out;
}

/** Every channel becomes the luma. */
export const greyscale: Edit = (image, out) => {
  const grey = greyOf(image);
  for (let at = 0; at < out.length; at += grey.length) out.set(grey, at);
};

/** Saturation: towards grey below 1, away from it above. */
export const colour =
  (factor: number): Edit =>
  (image, out) => {
    greyscale(image, out);
    pixels.blend(out, image.data, factor, out);
  };

/** Towards a 3×3 smoothing below 1, away from it above. The outermost pixels have no neighbours and stay. */
export const sharpness =
  (factor: number): Edit =>
  ({ data, channels, height, width }, out) => {
    pixels.smooth(data, height, width, channels, out);
    pixels.blend(out, data, factor, out);
  };
