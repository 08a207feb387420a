// The operator vit_distill::encoder_block: what it takes.
#include "encoder-block.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include "tiles.h"

namespace vit {

namespace {

using at::Tensor;
using Optional = c10::optional<Tensor>;

Tensor orNone(const Optional& tensor) { return tensor ? *tensor : Tensor(); }

void checkVector(const char* name, const Tensor& vector, int64_t width) {
  TORCH_CHECK(!vector.defined() || vector.sizes() == at::IntArrayRef({width}), name, " must have the shape [", width, "], got ", vector.sizes());
}

// A vector with what fills up its last tile; where there is none, `otherwise`.
Numbers<float> vectorOf(const char* name, const Tensor& vector, int64_t width, float otherwise = 0) {
  checkVector(name, vector, width);
  Numbers<float> result((width + 31) / 32 * 32);
  const Tensor flat = vector.defined() ? vector.to(at::kFloat).contiguous() : Tensor();
  for (int64_t i = 0; i < width; ++i) result[i] = flat.defined() ? flat.data_ptr<float>()[i] : otherwise;
  return result;
}

std::shared_ptr<const PackedWeights> weightsOf(const char* name, const Tensor& weight, int64_t outputs, int64_t inputs) {
  TORCH_CHECK(weight.sizes() == at::IntArrayRef({outputs, inputs}), name, " must have the shape [", outputs, ", ", inputs, "], got ",
              weight.sizes());
  return packed(weight);
}

// What the operator is given, checked.
struct Parts {
  int64_t heads;
  at::TensorList norms, weights, exchange, scales;
  std::vector<Tensor> biases;
  double eps;

  Tensor talk(size_t i) const { return exchange.empty() ? Tensor() : exchange[i]; }
  Tensor scale(size_t i) const { return scales.empty() ? Tensor() : scales[i]; }
};

Parts checked(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
              at::TensorList exchange, at::TensorList scales, double eps) {
  TORCH_CHECK(x.dim() == 3, "x must have the dimensions [B, N, D], got shape ", x.sizes());
  TORCH_CHECK_TYPE(x.scalar_type() == at::kFloat, "x must be float32, got ", x.scalar_type());
  TORCH_CHECK(norms.size() == 4 && weights.size() == 4 && biases.size() == 4, "norms, weights and biases must be four each");
  TORCH_CHECK(exchange.empty() || exchange.size() == 4, "exchange must be none, or two weights with a bias each");
  TORCH_CHECK(scales.empty() || scales.size() == 2, "scales must be none or two");
  TORCH_CHECK(heads >= 1 && heads <= mostHeads && x.size(2) > 0 && x.size(2) % heads == 0, "x of shape ", x.sizes(), " does not divide into ",
              heads, " heads, 1 to ", mostHeads);
  Parts parts{heads, norms, weights, exchange, scales, {}, eps};
  for (size_t i = 0; i < 4; ++i) parts.biases.push_back(orNone(biases.get(i)));
  return parts;
}

EncoderBlock blockOf(const Attention& attention, const Parts& of) {
  const int64_t width = attention.channels(), hidden = of.weights[2].size(0);
  return {
      attention,
      Exchange(attention, of.talk(0), of.talk(1), of.talk(2), of.talk(3)),
      static_cast<float>(of.eps),
      vectorOf("norm1's weight", of.norms[0], width),
      vectorOf("norm1's bias", of.norms[1], width),
      vectorOf("qkv's bias", of.biases[0], 3 * width),
      vectorOf("proj's bias", of.biases[1], width),
      vectorOf("the first scale", of.scale(0), width, 1),
      vectorOf("norm2's weight", of.norms[2], width),
      vectorOf("norm2's bias", of.norms[3], width),
      vectorOf("fc1's bias", of.biases[2], hidden),
      vectorOf("fc2's bias", of.biases[3], width),
      vectorOf("the second scale", of.scale(1), width, 1),
      Numbers<float>((width + 31) / 32 * 32),
      weightsOf("qkv", of.weights[0], 3 * width, width),
      weightsOf("proj", of.weights[1], width, width),
      weightsOf("fc1", of.weights[2], hidden, width),
      weightsOf("fc2", of.weights[3], width, hidden),
  };
}

// By libtorch's operators, in float32.
Tensor composed(const Tensor& x, const Attention& attention, const Parts& of) {
  const auto norm = [&](const Tensor& stream, size_t i) {
    return at::layer_norm(stream, {x.size(2)}, of.norms[2 * i].to(x), of.norms[2 * i + 1].to(x), of.eps);
  };
  const auto linear = [&](const Tensor& from, size_t i) {
    Tensor result = at::matmul(from, of.weights[i].to(x).t());
    return of.biases[i].defined() ? result + of.biases[i].to(x) : result;
  };
  const auto added = [&](const Tensor& stream, const Tensor& branch, size_t i) {
    return stream + (of.scales.empty() ? branch : branch * of.scales[i].to(x));
  };
  const Tensor mixed = attend(linear(norm(x, 0), 0), attention, Exchange(attention, of.talk(0), of.talk(1), of.talk(2), of.talk(3)), true);
  const Tensor attended = added(x, linear(mixed, 1), 0);
  return added(attended, linear(at::gelu(linear(norm(attended, 1), 2)), 3), 1);
}

Tensor onCpu(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
             at::TensorList exchange, at::TensorList scales, double eps, bool portable) {
  const Parts parts = checked(x, heads, norms, weights, biases, exchange, scales, eps);
  if (x.numel() == 0) return at::empty_like(x);
  const Attention attention{x.size(0), x.size(1), heads, x.size(2) / heads};
  if (portable || !haveTiles()) return composed(x, attention, parts);
  const EncoderBlock block = blockOf(attention, parts);
  Tensor stream = x.clone(at::MemoryFormat::Contiguous);
  float* numbers = stream.data_ptr<float>();
  at::parallel_for(0, attention.images, 1, [&](int64_t begin, int64_t end) {
    runByTiles(block, numbers + begin * attention.tokens * attention.channels(), end - begin);
  });
  return stream;
}

Tensor withoutGradient(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
                       at::TensorList exchange, at::TensorList scales, double eps, bool portable) {
  bool wanted = x.requires_grad();
  for (at::TensorList list : {norms, weights, exchange, scales})
    for (const Tensor& tensor : list) wanted |= tensor.requires_grad();
  for (size_t i = 0; i < biases.size(); ++i) wanted |= orNone(biases.get(i)).defined() && biases.get(i)->requires_grad();
  TORCH_CHECK(!(at::GradMode::is_enabled() && wanted), "it has no gradient: call it under noGrad");
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("vit_distill::encoder_block", "").typed<decltype(onCpu)>();
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(x, heads, norms, weights, biases, exchange, scales, eps, portable);
}

}  // namespace

// norms: weight and bias of both; weights and biases: qkv, proj, fc1, fc2; exchange: talking heads' before and after, each a weight
// and a bias, or none; scales: LayerScale's, or none;
// portable: by libtorch's operators, as on a processor without a matrix unit
TORCH_LIBRARY_FRAGMENT(vit_distill, m) {
  m.def(
      "encoder_block(Tensor x, int heads, Tensor[] norms, Tensor[] weights, Tensor?[] biases, Tensor[] exchange, Tensor[] scales, *, "
      "float eps=1e-6, bool portable=False) -> Tensor");
}
TORCH_LIBRARY_IMPL(vit_distill, CPU, m) { m.impl("encoder_block", onCpu); }
TORCH_LIBRARY_IMPL(vit_distill, Autograd, m) { m.impl("encoder_block", withoutGradient); }

}  // namespace vit
