/** (pixel − mean) / std per channel, with bytes scaled to [0, 1] first; mean and std are those of pixels in [0, 1]. */
import { type ColourSpace, type ImageOp, imageOp, inSpace } from "../data/index.js";
import { Scratch } from "./scratch.js";

export function normalise({ mean, std }: ColourSpace): ImageOp {
  if (mean.length !== std.length || !std.every((value) => value > 0))
    throw new RangeError(`normalise needs a mean and a positive std for each channel, not mean [${mean}] and std [${std}].`);
  const linear = mean.map(
    (value, channel) => (pixel: number, unit: number) => pixel * (1 / (unit * std[channel])) - value / std[channel],
  );
  const ofBytes = linear.map((of) => Float32Array.from({ length: 256 }, (_, byte) => of(byte, 255)));
  const scratch = new Scratch();
  const apply: ImageOp = (image) => {
    if (image.channels !== mean.length)
      throw new RangeError(`normalise has ${mean.length} means, and the picture ${image.channels} channels.`);
    const out = scratch.like(image, Float32Array);
    const area = image.height * image.width;
    for (let channel = 0; channel < image.channels; channel++) {
      const from = image.data.subarray(channel * area, (channel + 1) * area);
      const into = out.data.subarray(channel * area, (channel + 1) * area);
      if (from instanceof Uint8Array) lookUp(from, ofBytes[channel], into);
      else into.set(from.map((pixel) => linear[channel](pixel, 1)));
    }
    return out;
  };
  return imageOp("normalise", { mean, std }, inSpace({ mean, std }, apply));
}

function lookUp(bytes: Uint8Array, table: Float32Array, out: Float32Array | Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i]];
}
