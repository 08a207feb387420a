/** Initialisers, in place, drawing from libtorch's default stream in PyTorch's and timm 0.5.4's order (`manualSeed` repeats them). */

import { noGrad, type Tensor, tensor } from "../torch/index.js";

export const zeros_ = <T extends Tensor>(t: T): T => noGrad(() => t.zero_());
export const ones_ = <T extends Tensor>(t: T): T => noGrad(() => t.fill_(1));
export const constant_ = <T extends Tensor>(t: T, value: number): T => noGrad(() => t.fill_(value));
export const normal_ = <T extends Tensor>(t: T, { std = 1 }: { std?: number } = {}): T => noGrad(() => t.normal_({ std }));
export const uniform_ = <T extends Tensor>(t: T, bound: number): T => noGrad(() => t.uniform_({ from: -bound, to: bound }));

/**
 * A normal by the inverse of its distribution, cut at a and b. timm's cut is absolute, not in standard deviations: with
 * std 0.02 nothing is cut but the infinities that the inverse has at its ends.
 */
export function truncNormal_<T extends Tensor>(
  t: T,
  { std = 1, a = -2, b = 2 }: { std?: number; a?: number; b?: number } = {},
): T {
  const [from, to] = [erf(a / std / Math.SQRT2), erf(b / std / Math.SQRT2)];
  return noGrad(() =>
    t
      .uniform_({ from, to })
      .erfinv_()
      .mul_(std * Math.SQRT2)
      .clamp_({ min: a, max: b }),
  );
}

/** The cut normal with LeCun's variance 1 / fan-in, corrected for the cut at two standard deviations. */
export function lecunNormal_<T extends Tensor>(weight: T): T {
  return truncNormal_(weight, { std: Math.sqrt(1 / fanIn(weight)) / 0.87962566103423978 });
}

/** Uniform as torch.nn.init.kaiming_uniform_, fan-in. The default slope √5 is what torch's Linear and Conv2d begin with. */
export function kaimingUniform_<T extends Tensor>(weight: T, { slope = Math.sqrt(5) }: { slope?: number } = {}): T {
  return uniform_(weight, Math.sqrt(3) * (gain(slope) / Math.sqrt(fanIn(weight))));
}

/** Normal as torch.nn.init.kaiming_normal_ for a ReLU; fan-out is what convolution nets use. */
export function kaimingNormal_<T extends Tensor>(weight: T, { fan = "out" }: { fan?: "in" | "out" } = {}): T {
  return normal_(weight, { std: gain(0) / Math.sqrt(fan === "in" ? fanIn(weight) : fanOut(weight)) });
}

const gain = (slope: number): number => Math.sqrt(2 / (1 + slope ** 2));

const receptiveField = ({ shape }: Tensor): number => shape.slice(2).reduce((area, extent) => area * extent, 1);

/** Inputs of one output of a linear or convolution weight. */
export const fanIn = (weight: Tensor): number => weight.shape[1] * receptiveField(weight);
export const fanOut = (weight: Tensor): number => weight.shape[0] * receptiveField(weight);

function erf(x: number): number {
  using point = tensor([x], { dtype: "float64", device: "cpu" });
  using value = point.erf();
  return value.item();
}
