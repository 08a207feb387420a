// A transformer's block in bfloat16 with its stream in float32. https://arxiv.org/abs/2010.11929
//
//   x += kept1 · scale1 · proj(attention(qkv(norm1(x))))      x += kept2 · scale2 · fc2(gelu(fc1(norm2(x))))
//
// A few images at a time from one end to the other, so that what lies between stays in the processor's cache.
#pragma once
#include <memory>
#include <vector>

#include "packed-weights.h"
#include "talking-heads.h"

namespace vit {

// What the operator is given, checked. Undefined where there is none.
struct BlockParts {
  int64_t heads;
  double eps;
  bool portable;
  std::vector<at::Tensor> all;  // x, norms, weights, biases, scales, kept, exchange

  const at::Tensor& x() const { return all[0]; }
  const at::Tensor& norm(int64_t i) const { return all[1 + i]; }    // weight and bias of the first, of the second
  const at::Tensor& weight(int64_t i) const { return all[5 + i]; }  // qkv, proj, fc1, fc2
  const at::Tensor& bias(int64_t i) const { return all[9 + i]; }
  const at::Tensor& scale(int64_t i) const { return all[13 + i]; }  // LayerScale's
  const at::Tensor& kept() const { return all[15]; }                // [2, B]: what a branch counts for, image by image
  const at::Tensor& talk(int64_t i) const { return all[16 + i]; }   // the heads' exchange before and after, weight and bias
  static constexpr int64_t learned = 15, count = 20;

  Attention attention() const { return {x().size(0), x().size(1), heads, x().size(2) / heads}; }
};

// What a block knows, with its vectors filled up to whole tiles by zeros. Scales are LayerScale's, or ones;
// `nothing` is a bias of zeros.
struct EncoderBlock {
  Attention attention;
  Exchange exchange;
  float eps;
  Numbers<float> norm1Weight, norm1Bias, qkvBias, projBias, scale1, norm2Weight, norm2Bias, fc1Bias, fc2Bias, scale2, nothing;
  Numbers<float> kept;  // [2, B]
  std::shared_ptr<const PackedWeights> qkv, proj, fc1, fc2;
};

// `learning`: the weights are about to change, so that they are laid out for this once.
EncoderBlock blockOf(const BlockParts&, bool learning);

constexpr int64_t together = 2;  // images at a time, as many as the cache holds; each group reads all weights

// `stream` [B, N, D] in place, these images of it. Only where `haveTiles()`.
void runByTiles(const EncoderBlock&, float* stream, Span images);

// By libtorch's operators, in float32.
at::Tensor blockByLibtorch(const BlockParts&);

// By whichever fits; recorded for a backward pass in the first, without a gradient in the second.
at::Tensor recordedBlock(const BlockParts&);
at::Tensor runBlock(const BlockParts&, bool learning);

}  // namespace vit
