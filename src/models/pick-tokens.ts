/** The tokens of some patches, each picture's own. */

import { arange, cat, type Tensor, tidy } from "../torch/index.js";

// B pictures, P prefix tokens, N patches, k of them, D width

export interface Pick {
  /** Tokens in front of the patches; they stay. */
  prefixTokens?: number;
}

/**
 * The prefix and the patches [B, k] (int64, from 0) of tokens that every picture has its own of, [B, P + N, D], or that all share,
 * [1, P + N, D]. Rows are taken whole, forward and back.
 */
export const pickTokens = (tokens: Tensor, patches: Tensor, { prefixTokens = 0 }: Pick = {}): Tensor =>
  tidy(() => {
    const { device } = patches;
    const [batch, k] = patches.shape;
    const [owners, n, width] = tokens.shape;
    const prefix = arange(0, prefixTokens, { device }).expand([batch, -1]); // [B, P]
    const begins = arange(0, owners, { device }).mul(n).unsqueeze(1); // [B, 1] or [1, 1]
    const rows = cat([prefix, patches.add(prefixTokens)], { dim: 1 }).add(begins); // [B, P + k]
    return tokens
      .reshape([-1, width])
      .indexSelect(0, rows.flatten())
      .reshape([batch, prefixTokens + k, width]); // [B, P + k, D]
  });
