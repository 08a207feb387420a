// The operator vit_distill::encoder_block: what it takes, and which form of it runs.
#include "encoder-block.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include "fault.h"
#include "tiles.h"

namespace vit {

namespace {

using at::Tensor;
using Optional = c10::optional<Tensor>;

Tensor orNone(const Optional& tensor) { return tensor ? *tensor : Tensor(); }

// What every path takes: of this shape, real numbers, where x lies.
void checkTensor(const std::string& name, const Tensor& tensor, at::IntArrayRef shape, const Tensor& x) {
  VIT_CHECK_SHAPE(tensor.sizes() == shape, name, " must have the shape ", shape, ", got ", tensor.sizes());
  VIT_CHECK_DTYPE(at::isFloatingType(tensor.scalar_type()), name, " must have a floating-point dtype, got ", tensor.scalar_type());
  VIT_CHECK_DEVICE(tensor.device() == x.device(), name, " must be on the same device as x, ", x.device(), ", got ", tensor.device());
}

// A vector with what fills up its last tile; where there is none, `otherwise`.
Numbers<float> vectorOf(const Tensor& vector, int64_t width, float otherwise = 0) {
  Numbers<float> result((width + 31) / 32 * 32);
  const Tensor flat = vector.defined() ? vector.to(at::kFloat).contiguous() : Tensor();
  for (int64_t i = 0; i < width; ++i) result[i] = flat.defined() ? flat.data_ptr<float>()[i] : otherwise;
  return result;
}

// Of x [B, N, D] and its heads; the rest must fit these and fc1's number of outputs.
void checkStream(const Tensor& x, int64_t heads) {
  VIT_CHECK_SHAPE(x.dim() == 3, "x must have the dimensions [B, N, D], got shape ", x.sizes());
  VIT_CHECK_DTYPE(x.scalar_type() == at::kFloat, "x must be float32, got ", x.scalar_type());
  VIT_CHECK_SHAPE(heads >= 1 && heads <= mostHeads && x.size(2) > 0 && x.size(2) % heads == 0, "x of shape ", x.sizes(), " does not divide into ",
              heads, " heads, 1 to ", mostHeads);
}

void checkParts(const BlockParts& of) {
  const int64_t width = of.x().size(2);
  VIT_CHECK_SHAPE(of.weight(2).dim() == 2 && of.weight(2).size(0) > 0, "the weight of fc1 must have the shape [hidden, ", width, "], got ",
              of.weight(2).sizes());
  const int64_t hidden = of.weight(2).size(0);
  constexpr const char *norms[] = {"the weight of norm1", "the bias of norm1", "the weight of norm2", "the bias of norm2"};
  constexpr const char* layers[] = {"qkv", "proj", "fc1", "fc2"};
  const int64_t outputs[] = {3 * width, width, hidden, width}, inputs[] = {width, width, width, hidden};
  const auto check = [&](const std::string& name, const Tensor& tensor, at::IntArrayRef shape) {
    if (tensor.defined()) checkTensor(name, tensor, shape, of.x());
  };
  for (int64_t i = 0; i < 4; ++i) {
    check(norms[i], of.norm(i), {width});
    check(std::string("the weight of ") + layers[i], of.weight(i), {outputs[i], inputs[i]});
    check(std::string("the bias of ") + layers[i], of.bias(i), {outputs[i]});
    if (i % 2 == 0) check("a weight of the exchange", of.talk(i), {of.heads, of.heads});
    else check("a bias of the exchange", of.talk(i), {of.heads});
  }
  for (int64_t i = 0; i < 2; ++i) check("a scale", of.scale(i), {width});
  check("kept", of.kept(), {2, of.x().size(0)});
}

BlockParts checked(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
                   at::TensorList exchange, at::TensorList scales, const Optional& kept, double eps, bool portable) {
  checkStream(x, heads);
  VIT_CHECK_ARGUMENT(norms.size() == 4 && weights.size() == 4 && biases.size() == 4, "norms, weights and biases must be four each");
  VIT_CHECK_ARGUMENT(exchange.empty() || exchange.size() == 4, "exchange must be none, or two weights with a bias each");
  VIT_CHECK_ARGUMENT(scales.empty() || scales.size() == 2, "scales must be none or two");
  BlockParts parts{heads, eps, portable, {x}};
  auto& all = parts.all;
  all.insert(all.end(), norms.begin(), norms.end());
  all.insert(all.end(), weights.begin(), weights.end());
  for (size_t i = 0; i < 4; ++i) all.push_back(orNone(biases.get(i)));
  all.insert(all.end(), scales.begin(), scales.end());
  all.resize(BlockParts::learned);
  all.push_back(orNone(kept));
  all.insert(all.end(), exchange.begin(), exchange.end());
  all.resize(BlockParts::count);
  checkParts(parts);
  return parts;
}

Tensor onCpu(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
             at::TensorList exchange, at::TensorList scales, const Optional& kept, double eps, bool portable) {
  return runBlock(checked(x, heads, norms, weights, biases, exchange, scales, kept, eps, portable), false);
}

Tensor withGradient(const Tensor& x, int64_t heads, at::TensorList norms, at::TensorList weights, const c10::List<Optional>& biases,
                    at::TensorList exchange, at::TensorList scales, const Optional& kept, double eps, bool portable) {
  const BlockParts parts = checked(x, heads, norms, weights, biases, exchange, scales, kept, eps, portable);
  bool wanted = false;
  for (const Tensor& tensor : parts.all) wanted |= tensor.defined() && tensor.requires_grad();
  if (at::GradMode::is_enabled() && wanted) {
    VIT_CHECK_GRADIENT(exchange.empty(), "with talking heads it has no gradient: call it under noGrad");
    return recordedBlock(parts);
  }
  at::AutoDispatchBelowADInplaceOrView below;
  return runBlock(parts, false);
}

// Multi-head attention of queries, keys and values as one linear layer leaves them, [B, N, 3·H·E] → [B, N, H·E], with a gradient.
Tensor attention(const Tensor& qkv, const Attention& of) {
  const auto parts = qkv.view({of.images, of.tokens, 3, of.heads, of.width}).permute({2, 0, 3, 1, 4}).unbind();  // each [B, H, N, E]
  const Tensor scores = at::matmul(parts[0] * (1 / std::sqrt(of.width)), parts[1].transpose(-2, -1));            // [B, H, N, N]
  return at::matmul(at::softmax(scores, -1), parts[2]).transpose(1, 2).reshape({of.images, of.tokens, of.channels()});
}

}  // namespace

EncoderBlock blockOf(const BlockParts& of, bool learning) {
  const Attention attention = of.attention();
  const int64_t width = attention.channels(), hidden = of.weight(2).size(0);
  Numbers<float> kept(2 * attention.images);
  const Tensor given = of.kept().defined() ? of.kept().to(at::kFloat).contiguous() : at::ones({2, attention.images});
  std::copy_n(given.data_ptr<float>(), given.numel(), kept.from(0));
  const auto layout = [&](const Tensor& weight) { return learning ? packedOnce(weight) : packed(weight); };
  return {
      attention,
      Exchange(attention, of.talk(0), of.talk(1), of.talk(2), of.talk(3)),
      static_cast<float>(of.eps),
      vectorOf(of.norm(0), width),
      vectorOf(of.norm(1), width),
      vectorOf(of.bias(0), 3 * width),
      vectorOf(of.bias(1), width),
      vectorOf(of.scale(0), width, 1),
      vectorOf(of.norm(2), width),
      vectorOf(of.norm(3), width),
      vectorOf(of.bias(2), hidden),
      vectorOf(of.bias(3), width),
      vectorOf(of.scale(1), width, 1),
      Numbers<float>((width + 31) / 32 * 32),
      std::move(kept),
      layout(of.weight(0)),
      layout(of.weight(1)),
      layout(of.weight(2)),
      layout(of.weight(3)),
  };
}

Tensor blockByLibtorch(const BlockParts& of) {
  const Attention shape = of.attention();
  const auto norm = [&](const Tensor& stream, int64_t i) {
    return at::layer_norm(stream, {shape.channels()}, of.norm(2 * i).to(stream), of.norm(2 * i + 1).to(stream), of.eps);
  };
  const auto linear = [&](const Tensor& from, int64_t i) {
    return at::linear(from, of.weight(i).to(from), of.bias(i).defined() ? Optional(of.bias(i).to(from)) : c10::nullopt);
  };
  const auto added = [&](const Tensor& stream, Tensor branch, int64_t i) {
    if (of.scale(i).defined()) branch = branch * of.scale(i).to(stream);
    if (of.kept().defined()) branch = branch * of.kept()[i].to(branch).view({-1, 1, 1});
    return stream + branch;
  };
  const Tensor qkv = linear(norm(of.x(), 0), 0);
  const Tensor mixed = of.talk(0).defined() ? attend(qkv, shape, Exchange(shape, of.talk(0), of.talk(1), of.talk(2), of.talk(3)), true)
                                            : attention(qkv, shape);
  const Tensor attended = added(of.x(), linear(mixed, 1), 0);
  return added(attended, linear(at::gelu(linear(norm(attended, 1), 2)), 3), 1);
}

Tensor runBlock(const BlockParts& of, bool learning) {
  if (of.x().numel() == 0) return at::empty_like(of.x());
  if (of.portable || !haveTiles()) return blockByLibtorch(of);
  const EncoderBlock block = blockOf(of, learning);
  Tensor stream = of.x().clone(at::MemoryFormat::Contiguous);
  float* numbers = stream.data_ptr<float>();
  at::parallel_for(0, block.attention.images, 1, [&](int64_t begin, int64_t end) { runByTiles(block, numbers, {begin, end}); });
  return stream;
}

// norms: weight and bias of both; weights and biases: qkv, proj, fc1, fc2; exchange: talking heads' before and after, each a weight
// and a bias, or none; scales: LayerScale's, or none; kept: stochastic depth's [2, B], what each image's branches count for;
// portable: by libtorch's operators, as on a processor without a matrix unit
TORCH_LIBRARY_FRAGMENT(vit_distill, m) {
  m.def(
      "encoder_block(Tensor x, int heads, Tensor[] norms, Tensor[] weights, Tensor?[] biases, Tensor[] exchange, Tensor[] scales, *, "
      "Tensor? kept=None, float eps=1e-6, bool portable=False) -> Tensor");
}
TORCH_LIBRARY_IMPL(vit_distill, CPU, m) { m.impl("encoder_block", onCpu); }
TORCH_LIBRARY_IMPL(vit_distill, Autograd, m) { m.impl("encoder_block", withGradient); }

}  // namespace vit
