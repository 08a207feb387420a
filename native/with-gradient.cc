// The operator vit_distill::with_gradient: a loss whose gradient is known when its value is.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/graph_task.h>
#include <torch/library.h>

#include "fault.h"

namespace vit {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void check(const Tensor& features, const Tensor& value, const Tensor& gradient) {
  VIT_CHECK_SHAPE(value.dim() == 0, "value must be a scalar, got shape ", value.sizes());
  VIT_CHECK_SHAPE(gradient.sizes() == features.sizes(), "features of shape ", features.sizes(), " have a gradient of shape ", gradient.sizes());
  VIT_CHECK_DTYPE(gradient.scalar_type() == features.scalar_type(), "features and gradient must have one dtype, got ", features.scalar_type(),
                   " and ", gradient.scalar_type());
}

struct Known : torch::autograd::Function<Known> {
  static Tensor forward(AutogradContext* context, const Tensor&, const Tensor& value, const Tensor& gradient) {
    context->save_for_backward({gradient});
    return value.clone();
  }

  // Nobody else holds the gradient and nobody will come back for it: then it is weighted where it lies.
  static variable_list backward(AutogradContext* context, variable_list upstream) {
    VIT_CHECK_GRADIENT(!at::GradMode::is_enabled(), "with_gradient has no second derivative: call it without createGraph");
    Tensor gradient = context->get_saved_variables()[0];
    const Tensor weight = upstream[0].to(gradient);
    const bool last = !torch::autograd::get_current_graph_task_keep_graph() && gradient.storage().use_count() == 1;
    return {last ? gradient.mul_(weight) : gradient.mul(weight), Tensor(), Tensor()};
  }
};

Tensor recorded(const Tensor& features, const Tensor& value, const Tensor& gradient) {
  check(features, value, gradient);
  return Known::apply(features, value.detach(), gradient.detach());
}

Tensor unrecorded(const Tensor& features, const Tensor& value, const Tensor& gradient) {
  check(features, value, gradient);
  return value.clone();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(vit_distill, m) { m.def("with_gradient(Tensor features, Tensor value, Tensor gradient) -> Tensor"); }
TORCH_LIBRARY_IMPL(vit_distill, Autograd, m) { m.impl("with_gradient", recorded); }
TORCH_LIBRARY_IMPL(vit_distill, CompositeExplicitAutograd, m) { m.impl("with_gradient", unrecorded); }

}  // namespace vit
