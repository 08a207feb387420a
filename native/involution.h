// Involution as a form that is linear in each of three tensors, and its derivatives. https://arxiv.org/abs/2103.06255
//
//   L = Σ output[b, g, c, i, j] · weight[b, g, u, v, i, j] · input[b, g, c, i·stride + u - padding, j·stride + v - padding]
//
// Its derivative by `output` is the involution of input and weight; the derivatives by the other two are that one's gradients.
// What a derivative depends on is again among the three, so that gradients of every order are exact and cost nothing to keep.
#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace vit {

enum class Side : int64_t { Output, Input, Weight };

// G groups of C channels, H × W the input's map, h × w the output's
struct Involution {
  int64_t batch, groups, channels, height, width, outHeight, outWidth, kernelHeight, kernelWidth, stride, padding;

  int64_t taps() const { return kernelHeight * kernelWidth; }
  std::vector<int64_t> shapeOf(Side side) const {
    switch (side) {
      case Side::Output: return {batch, groups, channels, outHeight, outWidth};
      case Side::Input: return {batch, groups, channels, height, width};
      default: return {batch, groups, kernelHeight, kernelWidth, outHeight, outWidth};
    }
  }
};

// The derivative by one side, given the other two in their order. bfloat16 and float16 are summed in float32.
at::Tensor involutionByTaps(const Involution& of, Side by, const at::Tensor& first, const at::Tensor& second);  // any device
at::Tensor involutionOnCpu(const Involution& of, Side by, const at::Tensor& first, const at::Tensor& second);   // floating

}  // namespace vit
