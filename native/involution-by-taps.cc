// Involution by libtorch's own operators, for every device and dtype: a pass for each tap of the kernel over shifted maps.
#include "involution.h"

#include <ATen/OpMathType.h>

namespace vit {

namespace {

using at::Tensor;

template <class Visit>
void eachTap(const Involution& of, Visit visit) {
  for (int64_t u = 0; u < of.kernelHeight; ++u)
    for (int64_t v = 0; v < of.kernelWidth; ++v) visit(u, v);
}

Tensor tapOf(const Tensor& weight, int64_t u, int64_t v) { return weight.select(2, u).select(2, v); }  // [B, G, h, w]

// What one tap reads of the padded input, at every position.
Tensor under(const Involution& of, const Tensor& padded, int64_t u, int64_t v) {
  return padded.slice(3, u, u + (of.outHeight - 1) * of.stride + 1, of.stride)
      .slice(4, v, v + (of.outWidth - 1) * of.stride + 1, of.stride);  // [B, G, C, h, w]
}

Tensor padded(const Involution& of, const Tensor& input) {
  return at::constant_pad_nd(input, {of.padding, of.padding, of.padding, of.padding});
}

Tensor byOutput(const Involution& of, const Tensor& input, const Tensor& weight) {
  Tensor map = padded(of, input), output = at::zeros(of.shapeOf(Side::Output), input.options());
  eachTap(of, [&](int64_t u, int64_t v) { output.addcmul_(under(of, map, u, v), tapOf(weight, u, v).unsqueeze(2)); });
  return output;
}

Tensor byInput(const Involution& of, const Tensor& output, const Tensor& weight) {
  Tensor map = padded(of, at::zeros(of.shapeOf(Side::Input), output.options()));
  eachTap(of, [&](int64_t u, int64_t v) { under(of, map, u, v).addcmul_(output, tapOf(weight, u, v).unsqueeze(2)); });
  return map.narrow(3, of.padding, of.height).narrow(4, of.padding, of.width).contiguous();
}

Tensor byWeight(const Involution& of, const Tensor& output, const Tensor& input) {
  Tensor map = padded(of, input), weight = at::empty(of.shapeOf(Side::Weight), output.options());
  eachTap(of, [&](int64_t u, int64_t v) { tapOf(weight, u, v).copy_(output.mul(under(of, map, u, v)).sum(2)); });
  return weight;
}

}  // namespace

Tensor involutionByTaps(const Involution& of, Side by, const Tensor& first, const Tensor& second) {
  at::ScalarType wide = at::toOpMathType(first.scalar_type());
  auto run = by == Side::Output ? byOutput : by == Side::Input ? byInput : byWeight;
  return run(of, first.to(wide), second.to(wide)).to(first.scalar_type());
}

}  // namespace vit
