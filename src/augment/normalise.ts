/** (pixel − mean) / std per channel, with bytes scaled to [0, 1] first; mean and std are those of pixels in [0, 1]. */
import { type ColourSpace, type ImageOp, imageOp, inSpace } from "../data/index.js";
import { Scratch } from "./scratch.js";

export function normalise({ mean, std }: ColourSpace): ImageOp {
  if (mean.length !== std.length || !std.every((value) => value > 0))
    throw new RangeError(`normalise needs a mean and a positive std for each channel, not mean [${mean}] and std [${std}].`);
  const scratch = new Scratch();
  const apply: ImageOp = (image) => {
    if (image.channels !== mean.length)
      throw new RangeError(`normalise has ${mean.length} means, and the picture ${image.channels} channels.`);
    const out = scratch.like(image, Float32Array);
    const area = image.height * image.width;
    const unit = image.data instanceof Uint8Array ? 255 : 1;
    for (let channel = 0; channel < image.channels; channel++) {
      const scale = 1 / (unit * std[channel]);
      const shift = -mean[channel] / std[channel];
      const end = (channel + 1) * area;
      for (let i = channel * area; i < end; i++) out.data[i] = image.data[i] * scale + shift;
    }
    return out;
  };
  return imageOp("normalise", { mean, std }, inSpace({ mean, std }, apply));
}
