/** The statistics and crops that published models were trained with. */

import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { CommonOptions, InputSpec } from "./model.js";

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The input of a model: ImageNet's statistics for colour, a half for anything else, unless the options say. */
export function inputSpec({
  imgSize,
  inChannels,
  input,
}: Pick<CommonOptions, "input"> & { imgSize: number; inChannels: number }): InputSpec {
  const half = Array<number>(inChannels).fill(0.5);
  const { mean, std } = inChannels === 3 ? imagenet : { mean: half, std: half };
  return { size: imgSize, channels: inChannels, mean, std, crop: 1, interpolation: "bicubic", ...input };
}

/** Pictures of another size or of other channels are refused. */
export function checkImages(
  { shape }: Tensor /* [B, C, S, S] */,
  { channels, size }: Pick<InputSpec, "channels" | "size">,
): void {
  const wanted = [channels, size, size];
  if (shape.slice(1).join() === wanted.join()) return;
  throw new UserError(
    "ERR_INPUT_SHAPE",
    `The model takes images of ${wanted.join("×")} (channels × height × width); these are ${shape.slice(1).join("×")}.`,
  );
}
