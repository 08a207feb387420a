// The gradient of one image's attention in bfloat16 by the matrix unit. https://arxiv.org/abs/1706.03762
//
//   P = softmax(scale · q kᵀ)    dv = Pᵀ do    dS = scale · P ∘ (do vᵀ - rowsum(P ∘ do vᵀ))    dq = dS k    dk = dSᵀ q
//
// A head at a time and of it a band of queries, so that P and dS are made again and stay in the cache.
#pragma once
#include "talking-heads.h"

namespace vit {

// What one thread keeps while it does this.
struct AttentionGradientRoom {
  const int64_t depth, across, pitch;                 // tiles of E as in TileRoom; queries of a row of what is turned
  Numbers<at::BFloat16> keys, values;                 // as the B of queries · keysᵀ and gradients · valuesᵀ
  Numbers<at::BFloat16> keysDown, queries, gradients; // as the B of weights · keys, weightsᵀ · gradients, slopesᵀ · queries
  Numbers<at::BFloat16> left;                         // 32 rows as an A
  Numbers<at::BFloat16> weights, slopes;              // P and dS of 32 queries, [32, keys]
  Numbers<at::BFloat16> weightsTurned, slopesTurned;  // of a band, [keys, pitch]
  Numbers<float> scores, matches, mixed;              // q kᵀ and do vᵀ of 32 queries; a row
  Numbers<float> keySums, valueSums;                  // [keys, E]

  explicit AttentionGradientRoom(const Attention& of);
};

// `qkv` and `to` have rows of 3·H·E numbers, `gradient` of H·E. Only where `haveTiles()`; the caller has laid out the tiles.
void attentionGradient(const Attention&, Lines<const at::BFloat16> qkv, Lines<const at::BFloat16> gradient, Lines<at::BFloat16> to,
                       const Exchange& scale, AttentionGradientRoom&);

}  // namespace vit
