/** (pixel − mean) / std per channel, with bytes scaled to [0, 1] first; mean and std are those of pixels in [0, 1]. */
import { type ColourSpace, DataError, type ImageOp, imageOp, inSpace } from "../data/index.js";
import { pixels } from "../data/pixels.js";
import { Scratch } from "./scratch.js";

export function normalise({ mean, std }: ColourSpace): ImageOp {
  if (mean.length !== std.length || !std.every((value) => value > 0))
    throw new DataError(
      "ERR_INVALID_OPTION",
      `normalise needs a mean and a positive std for each channel, not mean [${mean}] and std [${std}].`,
    );
  const shift = Float64Array.from(mean, (value, channel) => value / std[channel]);
  const scale = (unit: number) => Float64Array.from(std, (value) => 1 / (unit * value));
  const [ofBytes, ofFloats] = [scale(255), scale(1)];
  const scratch = new Scratch();
  const apply: ImageOp = (image, _rng, place) => {
    if (image.channels !== mean.length)
      throw new DataError("ERR_AUGMENTATION", `normalise has ${mean.length} means, and the picture ${image.channels} channels.`);
    const { data, channels, height, width } = image;
    const out = place?.length === data.length ? place : (scratch.like(image, Float32Array).data as Float32Array);
    const area = height * width;
    if (data instanceof Uint8Array) pixels.scale(data, ofBytes, shift, out);
    else out.set(data.map((pixel, i) => pixel * ofFloats[Math.floor(i / area)] - shift[Math.floor(i / area)]));
    return { data: out, channels, height, width };
  };
  return imageOp("normalise", { mean, std }, inSpace({ mean, std }, apply));
}
