/** The facts of a network of stages, each with a map half as wide as the one before; its taps are the stages. */

import { inputSpec } from "./inputs.js";
import { type CommonOptions, layerTaps, type ModelInfo, type TapShape } from "./model.js";

interface StagedOptions extends Pick<CommonOptions, "input"> {
  name: string;
  family: string;
  imgSize: number;
  inChannels: number;
  numClasses: number;
  /** Channels of each stage. */
  widths: readonly number[];
  /** Pixels of the picture for one of the first stage's map. */
  firstStride: number;
  /** Blocks in all stages. */
  depth: number;
}

export function stagedInfo(options: StagedOptions): ModelInfo {
  const { name, family, imgSize, inChannels, numClasses, input, widths, firstStride, depth } = options;
  const stages = widths.map((width, i): TapShape => {
    const side = Math.ceil(imgSize / (firstStride * 2 ** i));
    return { grid: [side, side], width };
  });
  const { grid, width } = stages[stages.length - 1];
  return {
    name,
    family,
    embedDim: width,
    depth,
    numClasses,
    inChannels,
    heads: ["class"],
    prefixTokens: 0,
    grid,
    input: inputSpec({ imgSize, inChannels, input }),
    ...layerTaps("stages", stages),
  };
}
