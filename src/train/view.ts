/**
 * What each model sees of a batch. Its pictures were augmented, erased and mixed once, and every model is given that one view in
 * the colours and at the size that it was made for: a teacher normalised with the student's statistics, or at the student's size,
 * is wrong in silence.
 *
 * Colours. The loader's x is (p − m) / s of a pixel p in [0, 1]; the model wants (p − m′) / s′, which is x · s/s′ + (m − m′)/s′.
 * A grey picture becomes a coloured one by standing in every channel, as convert("RGB") of PIL does it.
 *
 * Size. The whole picture is resampled to size×size, as torchvision's resize with antialiasing: the kernel (cubic with a = −1/2, or
 * linear) is widened by the factor of shrinking, its weights sum to one, pixel centres are aligned. PIL's is the same but for
 * rounding to bytes and clipping. Because the weights sum to one, it does not matter which of the two comes first.
 */

import type { ColourSpace, Loader } from "../data/index.js";
import type { ErrorCode } from "../error-codes.js";
import type { ModelInfo } from "../models/index.js";
import { _upsampleBicubic2dAa, _upsampleBilinear2dAa, type Tensor, tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

// B images, C channels of the loader's pictures, C' of the model's, H×W the loader's size, S the model's

export type View = (images: Tensor /* [B, C, H, W] */) => Tensor; // [B, C', S, S]

/** What is known of all pictures of a loader. */
export type Pictures = Pick<Loader, "space" | "imageShape">;

/** How these pictures become the model's own; the very same tensor where they are that already. Refuses what it would have to guess. */
export function viewOf(model: ModelInfo, pictures: Pictures): View {
  const resize = resizing(model, pictures);
  const recolour = recolouring(model, pictures);
  return (images) => tidy(() => recolour(resize(images)));
}

const same: View = (images) => images;

function resizing({ name, input: { size, interpolation } }: ModelInfo, { imageShape: [, height, width] }: Pictures): View {
  if (height === size && width === size) return same;
  if (height !== width)
    throw new UserError("ERR_INPUT_SHAPE", `The pictures are ${height}×${width}, and ${name} wants ${size}×${size}`, {
      remedy: "Let the augmentation cut squares out of them.",
    });
  const resample = { bicubic: _upsampleBicubic2dAa, bilinear: _upsampleBilinear2dAa }[interpolation];
  return (images) => resample(images, [size, size], false, null); // [B, C, S, S]
}

function recolouring({ name, inChannels, input }: ModelInfo, { space, imageShape: [channels] }: Pictures): View {
  if (space === undefined)
    throw new UserError(
      "ERR_AUGMENTATION",
      "The augmentation does not say what its numbers mean, so that no model can be given its own",
      {
        remedy: "Let it contain normalise({ mean, std }), or wrap an operation of your own: inSpace({ mean, std }, operation).",
      },
    );
  if (channels !== inChannels && channels !== 1)
    throw new UserError(
      "ERR_INPUT_SHAPE",
      `${name} takes pictures of ${inChannels} channels, and the loader's have ${channels}`,
      {
        remedy: `Make it with { inChannels: ${channels} }.`,
      },
    );
  checkLength("ERR_MODEL_CONFIG", `${name} (input)`, input, inChannels);
  checkLength("ERR_AUGMENTATION", "The augmentation", space, channels);
  const scale = input.std.map((std, c) => at(space.std, c) / std); // [C']
  const shift = input.std.map((std, c) => (at(space.mean, c) - input.mean[c]) / std); // [C']
  if (channels === inChannels && scale.every((value) => value === 1) && shift.every((value) => value === 0)) return same;
  return (images) => images.mul(perChannel(scale, images)).add_(perChannel(shift, images)); // [B, C', H, W]
}

function checkLength(code: ErrorCode, whose: string, { mean, std }: ColourSpace, channels: number): void {
  if (mean.length === channels && std.length === channels) return;
  throw new UserError(code, `${whose} has ${mean.length} means and ${std.length} standard deviations for ${channels} channels`);
}

// a grey picture's one statistic is every channel's
const at = (statistics: readonly number[], channel: number): number => statistics[statistics.length === 1 ? 0 : channel];

const perChannel = (values: readonly number[], { device }: Tensor): Tensor =>
  tensor(Float32Array.from(values), { shape: [1, values.length, 1, 1], device });
