/**
 * Where the first token looks: its attention over all tokens, without the keys of any. https://arxiv.org/abs/1706.03762
 *
 * A head's score of token n is q · (W x_n + b) = (Wᵀ q) · x_n + q · b. The last term is the same for every token, so that the
 * softmax drops it; the first takes the query through the keys' weights once, and costs H·N·D in place of the keys' N·D².
 */

import { autocast, linear, type Tensor, tidy } from "../torch/index.js";

// B images, N tokens, D channels, H heads, d = D / H

export interface FirstTokenAttention {
  heads: number;
  /** Of the queries: [D, D] and [D]. */
  query: { weight: Tensor; bias: Tensor | null | undefined };
  /** Of the keys: [D, D]. */
  key: Tensor;
}

/** softmax(q kᵀ / √d) of the first token's query, the mean over heads: [B, N], rows that sum to 1. In the weights' precision, whatever the autocast; nothing is dropped. */
export const firstTokenAttention = (x: Tensor /* [B, N, D] */, { heads, query, key }: FirstTokenAttention): Tensor =>
  tidy(() =>
    autocast({ device: x.device, enabled: false }, () => {
      const [batch, , width] = x.shape;
      const tokens = x.to({ dtype: key.dtype }); // [B, N, D]
      const q = linear(tokens.select(1, 0), query.weight, { bias: query.bias }).reshape([batch, heads, -1]); // [B, H, d]
      const through = q
        .transpose(0, 1)
        .matmul(key.reshape([heads, -1, width]))
        .transpose(0, 1); // [B, H, D]
      const scores = through.matmul(tokens.transpose(1, 2)).mul((width / heads) ** -0.5); // [B, H, N]
      return scores.softmax(-1).mean([1]); // [B, N]
    }),
  );
