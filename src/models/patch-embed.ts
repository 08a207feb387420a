/** Cuts an image into patches and projects each to a token. https://arxiv.org/abs/2010.11929 */

import { Conv2d, Module } from "../nn/index.js";
import { linear, type Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { checkImages } from "./inputs.js";
import { pickTokens } from "./pick-tokens.js";

// B images, C channels, S image size, P patch size, G = S / P, N = G² patches (or the k that are looked at), D embedding width

export interface PatchEmbedOptions {
  imgSize: number;
  patchSize: number;
  inChannels: number;
  embedDim: number;
}

export class PatchEmbed extends Module {
  readonly proj: Conv2d;

  constructor(readonly options: PatchEmbedOptions) {
    super();
    const { imgSize, patchSize, inChannels, embedDim } = options;
    if (imgSize % patchSize !== 0)
      throw new UserError("ERR_MODEL_CONFIG", `Patches of ${patchSize} pixels do not divide images of ${imgSize}.`);
    this.proj = new Conv2d(inChannels, embedDim, patchSize, { stride: patchSize });
  }

  /** Of all patches, or of these, [B, k]. */
  forward(images: Tensor /* [B, C, S, S] */, patches: Tensor | null = null): Tensor {
    checkImages(images, { size: this.options.imgSize, channels: this.options.inChannels });
    return projectPatches(images, this.proj, patches); // [B, N, D]
  }
}

/** A convolution whose patches do not overlap, as one matrix product, which is faster and quantises well. */
export function projectPatches(
  maps: Tensor /* [B, C, S, S] */,
  { weight, bias, stride: p }: Conv2d,
  chosen: Tensor | null = null,
): Tensor {
  const [, c, side] = maps.shape;
  const g = side / p;
  const patches = maps
    .reshape([-1, c, g, p, g, p]) // [B, C, G, P, G, P]
    .permute([0, 2, 4, 1, 3, 5]) // [B, G, G, C, P, P]
    .reshape([-1, g * g, c * p * p]); // [B, N, C·P²]
  return linear(chosen ? pickTokens(patches, chosen) : patches, weight.flatten({ startDim: 1 }), { bias }); // [B, N, D]
}
