/**
 * The losses between manifold maps M(X) = X Xᵀ of patch tokens at unit length: the paper's three decoupled terms, and the exact
 * full map. Fine-grained manifold distillation, https://arxiv.org/abs/2107.01378
 *
 * Everything here is float32 whatever the autocast: differences of maps under 2e-4 vanish when half precision squares them.
 * The gradient is known when the value is, so that both are made together, a piece of the maps at a time, and nothing but the
 * gradient is kept for the backward pass.
 */

import { autocast, noGrad, type Tensor, tidy, withGradient } from "../torch/index.js";
import { gramLoss, type Maps } from "./gram-loss.js";

// B images, N patches, D width (student's or teacher's), K sampled rows, M maps of n rows each

/** `mean`: over all entries of the maps, as the released code. `sum`: squared Frobenius norms, averaged over the maps, as the paper writes. */
export type Reduction = "mean" | "sum";

/** Patches of one image: mean over the B maps N×N. Takes tokens [B, N, D] of any length. */
export const intraLoss = (student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(student, teacher, (tokens) => tokens, reduction);

/** One patch position across the images of the batch: mean over the N maps B×B. Takes tokens [B, N, D] of any length. */
export const interLoss = (student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(student, teacher, (tokens) => tokens.transpose(0, 1), reduction);

/** K of the B·N rows: one map K×K. Takes tokens [B, N, D] of any length and row numbers [K]. */
export const randomLoss = (student: Tensor, teacher: Tensor, rows: Tensor, reduction: Reduction = "mean"): Tensor =>
  tidy(() => mapLoss(pick(student, rows), pick(teacher, rows), (tokens) => tokens, reduction));

const pick = (tokens: Tensor, rows: Tensor): Tensor => asOneMap(tokens).indexSelect(1, rows); // [1, K, D]

/**
 * The whole map over all n = B·N tokens of the batch, exactly, which at B = 128 and N = 196 would be 2.5 GB: gramLoss takes the
 * way that is linear in n. Takes tokens [B, N, D] of any length.
 */
export const allPairsLoss = (student: Tensor, teacher: Tensor, reduction: Reduction = "mean"): Tensor =>
  mapLoss(student, teacher, asOneMap, reduction);

const asOneMap = (tokens: Tensor): Tensor => tokens.flatten({ startDim: 0, endDim: 1 }).unsqueeze(0); // [1, B·N, D]

function mapLoss(student: Tensor, teacher: Tensor, maps: Maps, reduction: Reduction): Tensor {
  return tidy(() => {
    const wide = student.to({ dtype: "float32" });
    const [count, n] = maps(wide).shape;
    const scale = reduction === "mean" ? 1 / (count * n * n) : 1 / count;
    const { value, gradient } = exactly(student, () => gramLoss(wide, teacher, maps, scale));
    return withGradient(maps(wide), value, gradient);
  });
}

/** With no graph and no autocast on the device of `x`. */
const exactly = <T>({ device }: Tensor, fn: () => T): T => noGrad(() => autocast({ device, enabled: false }, () => tidy(fn)));
