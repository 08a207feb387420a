/**
 * Gram matrices of tokens, in float32 under autocast too: differences of similarities under 2e-4 vanish when squared in
 * half precision.
 */

import { autocast, type Tensor, tidy } from "../torch/index.js";
import { widened } from "./losses.js";

/** Tokens of length one in D, as F.normalize: x / max(‖x‖, 1e-12). */
export function normaliseTokens(tokens: Tensor): Tensor {
  return tidy(() => {
    const wide = widened(tokens);
    return wide.div(wide.norm(2, -1, { keepdim: true }).clamp({ min: 1e-12 }));
  });
}

/** All inner products of the rows: x xᵀ, [..., n, D] → [..., n, n]. */
export function gram(x: Tensor): Tensor {
  return wideProduct(x, (wide) => wide.matmul(wide.transpose(-2, -1)));
}

/** All inner products of the columns of two matrices with equally many rows: aᵀ b, [..., n, D] and [..., n, E] → [..., D, E]. */
export function crossGram(a: Tensor, b: Tensor): Tensor {
  return wideProduct(a, (wide) => wide.transpose(-2, -1).matmul(widened(b)));
}

/** The Frobenius inner product Σ a ⊙ b, a scalar; `frobenius(a, a)` is ‖a‖². */
export function frobenius(a: Tensor, b: Tensor): Tensor {
  return tidy(() => widened(a).mul(widened(b)).sum());
}

function wideProduct(x: Tensor, product: (wide: Tensor) => Tensor): Tensor {
  return autocast({ device: x.device, enabled: false }, () => tidy(() => product(widened(x))));
}
