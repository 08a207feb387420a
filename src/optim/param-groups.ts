/** Who decays: timm's groups, as DeiT and Swin were trained. https://github.com/huggingface/pytorch-image-models */

import type { Parameter } from "../torch/index.js";

export type NamedParameters = readonly (readonly [name: string, parameter: Parameter])[];

export interface ParamGroup {
  parameters: NamedParameters;
  weightDecay: number;
}

export interface GroupOptions {
  weightDecay: number;
  /** A model's own list of parameters without decay: whole names, or last parts of names. */
  noWeightDecay?: readonly string[];
}

const TABLES = ["pos_embed", "relative_position_bias_table", "cls_token", "dist_token", "teacher_tokens"];

/** Two groups, with decay and without; frozen parameters are in neither. */
export function paramGroups(named: NamedParameters, { weightDecay, noWeightDecay = [] }: GroupOptions): ParamGroup[] {
  const spared = new Set([...TABLES, ...noWeightDecay]);
  const trained = named.filter(([, parameter]) => parameter.requiresGrad);
  const isSpared = ([name, parameter]: readonly [string, Parameter]): boolean =>
    parameter.dim <= 1 || name.endsWith("bias") || spared.has(name) || spared.has(name.slice(name.lastIndexOf(".") + 1));
  return [
    { parameters: trained.filter(isSpared), weightDecay: 0 },
    { parameters: trained.filter((entry) => !isSpared(entry)), weightDecay },
  ].filter(({ parameters }) => parameters.length > 0);
}
