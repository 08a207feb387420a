// The gradient of vit_distill::encoder_block. Between the passes it keeps the block's input alone: everything else is made again in
// the backward pass, one block at a time. https://arxiv.org/abs/1604.06174
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "encoder-block.h"
#include "tiles.h"

namespace vit {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// By the tensors that `wanted` marks, in order; undefined for the others.
variable_list gradientsByLibtorch(BlockParts of, const Tensor& gradient, const std::vector<bool>& wanted, at::ScalarType dtype) {
  at::AutoGradMode record(true);
  variable_list leaves, result(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!of.all[i].defined()) continue;
    of.all[i] = of.all[i].detach();
    if (wanted[i]) leaves.push_back(of.all[i].requires_grad_());
  }
  const variable_list found = torch::autograd::grad({blockByLibtorch(of, dtype)}, leaves, {gradient});
  for (size_t i = 0, next = 0; i < wanted.size(); ++i)
    if (wanted[i]) result[i] = found[next++];
  return result;
}

// Autograd takes tensors that are there; the place of each among all of the block's is told by `of`.
struct Recorded : torch::autograd::Function<Recorded> {
  static Tensor forward(AutogradContext* context, at::TensorList, const BlockParts& of) {
    context->save_for_backward(of.all);
    context->saved_data["heads"] = of.heads;
    context->saved_data["eps"] = of.eps;
    context->saved_data["portable"] = of.portable;
    at::AutoDispatchBelowADInplaceOrView below;
    return runBlock(of, true);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "encoder_block has no second derivative: take its gradient without createGraph");
    const auto& data = context->saved_data;
    const BlockParts of{data.at("heads").toInt(), data.at("eps").toDouble(), data.at("portable").toBool(), context->get_saved_variables()};
    std::vector<bool> wanted(BlockParts::learned);
    size_t given = 0;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (of.all[i].defined()) wanted[i] = context->needs_input_grad(given++);
    const auto dtype = of.portable || !haveTiles() ? at::kFloat : at::kBFloat16;
    const variable_list found = gradientsByLibtorch(of, gradients[0].contiguous(), wanted, dtype);
    variable_list result;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (of.all[i].defined()) result.push_back(found[i]);
    result.emplace_back();  // of `of`
    return result;
  }
};

}  // namespace

Tensor recordedBlock(const BlockParts& of) {
  variable_list given;
  for (int64_t i = 0; i < BlockParts::learned; ++i)
    if (of.all[i].defined()) given.push_back(of.all[i]);
  return Recorded::apply(at::TensorList(given), of);
}

}  // namespace vit
