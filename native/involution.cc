// The operator vit_distill::involution: what it takes, its gradients, its place under autocast.
#include "involution.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "fault.h"

namespace vit {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// as a list, because that is what an operator can take
std::vector<int64_t> listOf(const Involution& of) {
  return {of.batch,    of.groups,       of.channels,    of.height, of.width,  of.outHeight,
          of.outWidth, of.kernelHeight, of.kernelWidth, of.stride, of.padding};
}

Involution fromList(at::IntArrayRef l) {
  VIT_CHECK_ARGUMENT(l.size() == 11, "an involution has 11 sizes, got ", l.size());
  return {l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8], l[9], l[10]};
}

std::pair<Side, Side> sidesBut(Side side) {
  if (side == Side::Output) return {Side::Input, Side::Weight};
  return {Side::Output, side == Side::Input ? Side::Weight : Side::Input};
}

Tensor derivative(Side by, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("vit_distill::involution_derivative", "")
                             .typed<Tensor(int64_t, const Tensor&, const Tensor&, at::IntArrayRef)>();
  return op.call(static_cast<int64_t>(by), first, second, sizes);
}

using Kernel = Tensor (*)(const Involution&, Side, const Tensor&, const Tensor&);

// The kernels trust their operands.
Tensor run(Kernel kernel, int64_t number, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  Involution of = fromList(sizes);
  Side by = static_cast<Side>(number);
  auto [a, b] = sidesBut(by);
  VIT_CHECK_SHAPE(first.sizes() == of.shapeOf(a) && second.sizes() == of.shapeOf(b), "operands of shapes ", first.sizes(), " and ",
              second.sizes(), " are not of this involution");
  VIT_CHECK_DTYPE(first.scalar_type() == second.scalar_type(), "operands of two dtypes");
  return kernel(of, by, first, second);
}

Tensor onCpu(int64_t by, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  return run(at::isFloatingType(first.scalar_type()) ? involutionOnCpu : involutionByTaps, by, first, second, sizes);
}

Tensor onAnyDevice(int64_t by, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  return run(involutionByTaps, by, first, second, sizes);
}

// shapes alone
Tensor onMeta(int64_t by, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  Kernel empty = [](const Involution& of, Side side, const Tensor& a, const Tensor&) { return at::empty(of.shapeOf(side), a.options()); };
  return run(empty, by, first, second, sizes);
}

struct Derivative : torch::autograd::Function<Derivative> {
  static Tensor forward(AutogradContext* context, int64_t by, const Tensor& first, const Tensor& second, std::vector<int64_t> sizes) {
    context->save_for_backward({first, second});
    context->saved_data["by"] = by;
    context->saved_data["sizes"] = sizes;
    at::AutoDispatchBelowADInplaceOrView below;
    return derivative(static_cast<Side>(by), first, second, sizes);
  }

  // L is linear in each: by either of the two it is L's derivative with the gradient standing on this side.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    Side here = static_cast<Side>(context->saved_data["by"].toInt());
    std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    variable_list saved = context->get_saved_variables();
    auto [first, second] = sidesBut(here);
    auto by = [&](Side wanted, Side other, const Tensor& value) {
      return here < other ? derivative(wanted, gradients[0], value, sizes) : derivative(wanted, value, gradients[0], sizes);
    };
    return {Tensor(), context->needs_input_grad(0) ? by(first, second, saved[1]) : Tensor(),
            context->needs_input_grad(1) ? by(second, first, saved[0]) : Tensor(), Tensor()};
  }
};

Tensor withGradient(int64_t by, const Tensor& first, const Tensor& second, at::IntArrayRef sizes) {
  return Derivative::apply(by, first, second, sizes.vec());
}

void checkTensors(const Tensor& input, const Tensor& weight) {
  VIT_CHECK_SHAPE(input.dim() == 4, "input must have the dimensions [B, C, H, W], got shape ", input.sizes());
  VIT_CHECK_SHAPE(weight.dim() == 6, "weight must have the dimensions [B, G, K, K, h, w], got shape ", weight.sizes());
  VIT_CHECK_DTYPE(input.scalar_type() == weight.scalar_type(), "input and weight must have one dtype, got ",
                   input.scalar_type(), " and ", weight.scalar_type());
  VIT_CHECK_DEVICE(input.device() == weight.device(), "input and weight must be on the same device, got ", input.device(), " and ",
              weight.device());
  VIT_CHECK_SHAPE(input.size(0) == weight.size(0), "input of shape ", input.sizes(), " and weight of shape ", weight.sizes(),
              " differ in batch size");
  VIT_CHECK_SHAPE(weight.size(1) > 0 && input.size(1) % weight.size(1) == 0, "an input of shape ", input.sizes(), " has ",
              input.size(1), " channels, which do not divide into the ", weight.size(1), " groups of the weight");
  VIT_CHECK_SHAPE(weight.size(2) > 0 && weight.size(3) > 0, "weight of shape ", weight.sizes(), " has an empty kernel");
}

Involution checked(const Tensor& input, const Tensor& weight, int64_t stride, int64_t padding) {
  constexpr int64_t most = 1 << 15;  // far beyond use, and no product of sizes overflows
  checkTensors(input, weight);
  VIT_CHECK_SHAPE(stride >= 1 && stride <= most, "stride must be of size 1 to ", most, ", got ", stride);
  VIT_CHECK_SHAPE(padding >= 0 && padding <= most, "padding must be of size 0 to ", most, ", got ", padding);
  auto positions = [&](int dim) {
    int64_t room = input.size(dim) + 2 * padding - weight.size(dim);
    return room < 0 ? 0 : room / stride + 1;
  };
  int64_t height = positions(2), width = positions(3);
  VIT_CHECK_SHAPE(height > 0 && width > 0, "a kernel of size ", weight.size(2), "x", weight.size(3),
              " does not fit into an input of shape ", input.sizes(), " with padding ", padding);
  VIT_CHECK_SHAPE(weight.size(4) == height && weight.size(5) == width, "an input of shape ", input.sizes(), " with stride ", stride,
              " and padding ", padding, " has ", height, "x", width, " positions, but weight of shape ", weight.sizes(),
              " has kernels for ", weight.size(4), "x", weight.size(5));
  int64_t groups = weight.size(1);
  return {input.size(0), groups, input.size(1) / groups, input.size(2), input.size(3), height,
          width,         weight.size(2), weight.size(3), stride,        padding};
}

Tensor involution(const Tensor& input, const Tensor& weight, int64_t stride, int64_t padding) {
  Involution of = checked(input, weight, stride, padding);
  Tensor grouped = input.reshape(of.shapeOf(Side::Input));
  return derivative(Side::Output, grouped, weight, listOf(of)).view({of.batch, input.size(1), of.outHeight, of.outWidth});
}

// like a convolution: both in the lower precision
Tensor underAutocast(const Tensor& input, const Tensor& weight, int64_t stride, int64_t padding) {
  c10::DeviceType device = input.device().type();
  at::ScalarType dtype = at::autocast::get_lower_precision_fp_from_device_type(device);
  return involution(at::autocast::cached_cast(dtype, input, device), at::autocast::cached_cast(dtype, weight, device), stride, padding);
}

}  // namespace

TORCH_LIBRARY(vit_distill, m) {
  m.def("involution(Tensor input, Tensor weight, int stride=1, int padding=0) -> Tensor", involution);
  m.def("involution_derivative(int by, Tensor first, Tensor second, int[] sizes) -> Tensor");
}
TORCH_LIBRARY_IMPL(vit_distill, AutocastCPU, m) { m.impl("involution", underAutocast); }
TORCH_LIBRARY_IMPL(vit_distill, Autocast, m) { m.impl("involution", underAutocast); }
TORCH_LIBRARY_IMPL(vit_distill, Autograd, m) { m.impl("involution_derivative", withGradient); }
TORCH_LIBRARY_IMPL(vit_distill, Meta, m) { m.impl("involution_derivative", onMeta); }
TORCH_LIBRARY_IMPL(vit_distill, CPU, m) { m.impl("involution_derivative", onCpu); }
TORCH_LIBRARY_IMPL(vit_distill, CompositeExplicitAutograd, m) { m.impl("involution_derivative", onAnyDevice); }

}  // namespace vit
