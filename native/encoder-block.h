// A transformer's block without a gradient, in bfloat16 with its stream in float32. https://arxiv.org/abs/2010.11929
//
//   x += scale1 · proj(attention(qkv(norm1(x))))      x += scale2 · fc2(gelu(fc1(norm2(x))))
//
// A few images at a time from one end to the other, so that what lies between stays in the processor's cache.
#pragma once
#include <memory>

#include "packed-weights.h"
#include "talking-heads.h"

namespace vit {

// What a block knows, with its vectors filled up to whole tiles by zeros. Scales are LayerScale's, or ones;
// `nothing` is a bias of zeros.
struct EncoderBlock {
  Attention attention;
  Exchange exchange;
  float eps;
  Numbers<float> norm1Weight, norm1Bias, qkvBias, projBias, scale1, norm2Weight, norm2Bias, fc1Bias, fc2Bias, scale2, nothing;
  std::shared_ptr<const PackedWeights> qkv, proj, fc1, fc2;
};

// `stream` [images · N, D] in place. Only where `haveTiles()`.
void runByTiles(const EncoderBlock&, float* stream, int64_t images);

}  // namespace vit
