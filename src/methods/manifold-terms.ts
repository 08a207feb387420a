/**
 * The losses between manifold maps M(X) = X Xᵀ of normalised patch tokens: the paper's three decoupled terms, and the exact
 * full map, which needs no map at all. Fine-grained manifold distillation, https://arxiv.org/abs/2107.01378
 *
 * Everything here is float32 whatever the autocast: differences of maps under 2e-4 vanish when half precision squares them.
 * The gradient 4 (M_S − M_T) S is known when the value is, so nothing but it is kept for the backward pass.
 */

import { crossGram, gram, normaliseTokens } from "../nn/index.js";
import { autocast, noGrad, type Tensor, tidy, withGradient } from "../torch/index.js";

// B images, N patches, D width (student's or teacher's), K sampled rows, n = B·N, M maps of n×n

/** `mean`: over all entries of the maps, as the released code. `sum`: squared Frobenius norms, averaged over the maps, as the paper writes. */
export type Reduction = "mean" | "sum";

/** Tokens ready to be compared: unit length, float32. */
export const unitTokens = (tokens: Tensor /* [B, N, D] */): Tensor =>
  inFloat32(tokens, () => normaliseTokens(tokens.to({ dtype: "float32" })));

/** Patches of one image: mean over the B maps N×N. Takes unit tokens [B, N, D]. */
export const intraLoss = (student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(student, teacher, reduction);

/** One patch position across the images of the batch: mean over the N maps B×B. Takes unit tokens [B, N, D]. */
export const interLoss = (student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(student.transpose(0, 1), teacher.transpose(0, 1), reduction);

/** K of the B·N rows: one map K×K. Takes unit tokens [B, N, D] and row numbers [K]. */
export const randomLoss = (student: Tensor, teacher: Tensor, rows: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(pick(student, rows), pick(teacher, rows), reduction);

const pick = (tokens: Tensor, rows: Tensor): Tensor =>
  tokens.flatten({ startDim: 0, endDim: 1 }).indexSelect(0, rows).unsqueeze(0); // [1, K, D]

function mapLoss(student: Tensor /* [M, n, D] */, teacher: Tensor, reduction: Reduction): Tensor {
  const [maps, n] = student.shape;
  const scale = reduction === "mean" ? 1 / (maps * n * n) : 1 / maps;
  const [value, gradient] = exactly(student, () => {
    const difference = gram(student).sub_(gram(teacher)); // [M, n, n]
    return [difference.square().sum().mul(scale), difference.bmm(student).mul_(4 * scale)];
  });
  return withGradient(student, value, gradient);
}

/**
 * The whole map over all n = B·N tokens of the batch, ‖S Sᵀ − T Tᵀ‖² = ‖SᵀS‖² − 2 ‖SᵀT‖² + ‖TᵀT‖², through D×D products:
 * linear in n, where the literal map at B = 128, N = 196 would be 2.5 GB. Takes unit tokens [B, N, D].
 */
export function allPairsLoss(student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor {
  const s = student.flatten({ startDim: 0, endDim: 1 }); // [n, D_S]
  const t = teacher.flatten({ startDim: 0, endDim: 1 }); // [n, D_T]
  const n = s.shape[0];
  const scale = reduction === "mean" ? 1 / (n * n) : 1;
  const [value, gradient] = exactly(student, () => {
    const ss = crossGram(s, s); // [D_S, D_S]
    const st = crossGram(s, t); // [D_S, D_T]
    const tt = crossGram(t, t); // [D_T, D_T]
    const norm = squaredNorm(ss).sub(squaredNorm(st).mul(2)).add(squaredNorm(tt));
    const slope = s.matmul(ss).sub_(t.matmul(st.transpose(0, 1))); // [n, D_S]
    return [norm.mul(scale).to({ dtype: s.dtype }), slope.mul_(4 * scale)];
  });
  return withGradient(s, value, gradient);
}

// the three norms nearly cancel: their sum is taken in float64
const squaredNorm = (x: Tensor): Tensor => x.to({ dtype: "float64" }).square().sum();

/** A value and its gradient, computed with no graph and no autocast on the device of `x`. */
const exactly = (x: Tensor, fn: () => [Tensor, Tensor]): [Tensor, Tensor] => noGrad(() => inFloat32(x, () => tidy(fn)));

const inFloat32 = <T>({ device }: Tensor, fn: () => T): T => autocast({ device, enabled: false }, fn);
