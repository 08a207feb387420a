// A linear layer's weights as the matrix unit takes them, made once and kept for as long as the layer has them.
#pragma once
#include <ATen/ATen.h>

#include <memory>

#include "vectors.h"

namespace vit {

// 32 outputs are a panel: for every 32 inputs two tiles of 16 outputs, the inputs in pairs. What fills up is zero.
struct PackedWeights {
  int64_t inputs, outputs;
  Numbers<at::BFloat16> values;  // [panels, steps, 2, 16, 16, 2]

  explicit PackedWeights(const at::Tensor& weight /* [outputs, inputs] */);
  // As a layer from its outputs to its inputs: what a gradient goes through.
  static PackedWeights turned(const at::Tensor& weight);
  int64_t steps() const { return (inputs + 31) / 32; }
  int64_t panels() const { return (outputs + 31) / 32; }

 private:
  PackedWeights(int64_t inputs, int64_t outputs);
};

// Those of this tensor as it is now. Packs again when it was written to, and forgets it when it is gone.
std::shared_ptr<const PackedWeights> packed(const at::Tensor& weight);

// Those of a tensor that is about to change: for this once, and what an evaluation may have kept of it is forgotten.
std::shared_ptr<const PackedWeights> packedOnce(const at::Tensor& weight);

}  // namespace vit
