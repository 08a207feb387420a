/** Pads every side and cuts the old size out at a random place: a shift by up to `pad`. He et al., https://arxiv.org/abs/1512.03385, 4.2 */
import { type ImageOp, imageOp } from "../data/index.js";
import { Scratch } from "./scratch.js";

/** `fill` is in the picture's own units: 0 to 255 before `normalise`. */
export function padCrop({ pad, fill = 0 }: { pad: number; fill?: number }): ImageOp {
  const scratch = new Scratch();
  return imageOp("padCrop", { pad, fill }, (image, rng) => {
    const down = rng.int(2 * pad + 1) - pad;
    const right = rng.int(2 * pad + 1) - pad;
    if (down === 0 && right === 0) return image;
    const out = scratch.like(image);
    out.data.fill(fill);
    const { channels, height, width } = image;
    const [top, bottom] = [Math.max(0, down), Math.min(height, height + down)];
    const [left, end] = [Math.max(0, right), Math.min(width, width + right)];
    for (let channel = 0; channel < channels; channel++) {
      for (let y = top; y < bottom; y++) {
        const to = (channel * height + y) * width;
        const from = to - down * width - right;
        for (let x = left; x < end; x++) out.data[to + x] = image.data[from + x];
      }
    }
    return out;
  });
}
