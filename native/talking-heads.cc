// The operators vit_distill::talking_heads and, without the exchange, vit_distill::self_attention: what they take, and which kernel runs.
#include "talking-heads.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <limits>

#include "fault.h"
#include "tiles.h"

namespace vit {

namespace {

using at::Tensor;

constexpr double log2e = 1.4426950408889634;  // so that the softmax's powers are of 2

Numbers<float> filledUp(const Tensor& values, int64_t count, double factor) {
  Tensor flat = values.to(at::kCPU, at::kFloat).contiguous();
  const float* from = flat.data_ptr<float>();
  Numbers<float> result(count);
  for (int64_t i = 0; i < flat.numel(); ++i) result[i] = from[i] * factor;
  return result;
}

void checkExchange(const char* name, const Tensor& weight, const Tensor& bias, int64_t heads) {
  VIT_CHECK_SHAPE(weight.sizes() == at::IntArrayRef({heads, heads}) && bias.sizes() == at::IntArrayRef({heads}), name,
              " must have the shapes [H, H] and [H] for ", heads, " heads, got ", weight.sizes(), " and ", bias.sizes());
}

Attention checked(const Tensor& qkv, int64_t heads) {
  VIT_CHECK_SHAPE(qkv.dim() == 3, "qkv must have the dimensions [B, N, 3 H E], got shape ", qkv.sizes());
  VIT_CHECK_SHAPE(heads >= 1 && heads <= mostHeads, "there may be 1 to ", mostHeads, " heads, got ", heads);
  VIT_CHECK_SHAPE(qkv.size(2) > 0 && qkv.size(2) % (3 * heads) == 0, "qkv of shape ", qkv.sizes(),
              " does not divide into queries, keys and values of ", heads, " heads");
  VIT_CHECK_SHAPE(qkv.size(1) > 0 || qkv.size(0) == 0, "qkv of shape ", qkv.sizes(), " has no token");
  VIT_CHECK_DTYPE(qkv.scalar_type() == at::kFloat || qkv.scalar_type() == at::kBFloat16, "qkv must be float32 or bfloat16, got ",
                   qkv.scalar_type());
  return {qkv.size(0), qkv.size(1), heads, qkv.size(2) / (3 * heads)};
}

Attention checked(const Tensor& qkv, const Tensor& before, const Tensor& beforeBias, const Tensor& after, const Tensor& afterBias) {
  VIT_CHECK_SHAPE(before.dim() == 2 && before.size(0) >= 1 && before.size(0) <= mostHeads,
              "the exchange before the softmax must have the shape [H, H] for H = 1 to ", mostHeads, ", got ", before.sizes());
  const int64_t heads = before.size(0);
  checkExchange("the exchange before the softmax", before, beforeBias, heads);
  checkExchange("the exchange after the softmax", after, afterBias, heads);
  return checked(qkv, heads);
}

Tensor empty(const Tensor& qkv, const Attention& of) { return at::empty({of.images, of.tokens, of.channels()}, qkv.options()); }

template <class T, class Kernel>
void eachTile(const Attention& of, const Exchange& by, const Tensor& qkv, const Tensor& output, Kernel kernel) {
  const Lines<const T> from{qkv.data_ptr<T>(), 3 * of.channels()};
  const Lines<T> to{output.data_ptr<T>(), of.channels()};
  const int64_t worthAThread = of.tiles();  // an image, because each thread lays out the keys and values of those that it meets
  at::parallel_for(0, of.images * of.tiles(), worthAThread, [&](int64_t begin, int64_t end) { kernel(of, by, from, to, Span{begin, end}); });
}

// heads × heads weights, as linear layers have them
Tensor onCpu(const Tensor& qkv, const Tensor& before, const Tensor& beforeBias, const Tensor& after, const Tensor& afterBias,
             bool portable) {
  const Attention of = checked(qkv, before, beforeBias, after, afterBias);
  if (qkv.numel() == 0) return empty(qkv, of);
  return attend(qkv, of, Exchange(of, before, beforeBias, after, afterBias), portable);
}

// shapes alone
Tensor onMeta(const Tensor& qkv, const Tensor& before, const Tensor& beforeBias, const Tensor& after, const Tensor& afterBias, bool) {
  return empty(qkv, checked(qkv, before, beforeBias, after, afterBias));
}

Tensor withoutGradient(const Tensor& qkv, const Tensor& before, const Tensor& beforeBias, const Tensor& after, const Tensor& afterBias,
                       bool portable) {
  const bool wanted = qkv.requires_grad() || before.requires_grad() || beforeBias.requires_grad() || after.requires_grad() || afterBias.requires_grad();
  VIT_CHECK_GRADIENT(!(at::GradMode::is_enabled() && wanted), "it has no gradient: call it under noGrad");
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("vit_distill::talking_heads", "")
                             .typed<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, bool)>();
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(qkv, before, beforeBias, after, afterBias, portable);
}

Tensor plainOnCpu(const Tensor& qkv, int64_t heads, bool portable) {
  const Attention of = checked(qkv, heads);
  return qkv.numel() == 0 ? empty(qkv, of) : attend(qkv, of, Exchange(of, {}, {}, {}, {}), portable);
}

Tensor plainOnMeta(const Tensor& qkv, int64_t heads, bool) { return empty(qkv, checked(qkv, heads)); }

Tensor plainWithoutGradient(const Tensor& qkv, int64_t heads, bool portable) {
  VIT_CHECK_GRADIENT(!(at::GradMode::is_enabled() && qkv.requires_grad()), "it has no gradient: call it under noGrad");
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("vit_distill::self_attention", "").typed<Tensor(const Tensor&, int64_t, bool)>();
  at::AutoDispatchBelowADInplaceOrView below;
  return op.call(qkv, heads, portable);
}

}  // namespace

Exchange::Exchange(const Attention& of, const Tensor& before, const Tensor& beforeBias, const Tensor& after, const Tensor& afterBias)
    : scale(log2e / std::sqrt(of.width)), hidden(of.keys()) {
  for (int64_t n = of.tokens; n < of.keys(); ++n) hidden[n] = -std::numeric_limits<float>::infinity();
  if (!before.defined()) return;
  this->before = filledUp(before, of.outputs() * of.heads, scale);
  this->beforeBias = filledUp(beforeBias, of.outputs(), log2e);
  this->after = filledUp(after, of.outputs() * of.heads, 1);
  this->afterBias = filledUp(afterBias, of.outputs(), 1);
}

Tensor attend(const Tensor& qkv, const Attention& of, const Exchange& by, bool portable) {
  Tensor rows = qkv.contiguous(), output = empty(qkv, of);
  if (rows.scalar_type() == at::kFloat) {
    eachTile<float>(of, by, rows, output, [](const auto&... all) { attendByVectors(all...); });
  } else if (portable || !haveTiles()) {
    eachTile<at::BFloat16>(of, by, rows, output, [](const auto&... all) { attendByVectors(all...); });
  } else {
    eachTile<at::BFloat16>(of, by, rows, output, [](const auto&... all) { attendByTiles(all...); });
  }
  return output;
}

TORCH_LIBRARY_FRAGMENT(vit_distill, m) {
  m.def("talking_heads(Tensor qkv, Tensor before, Tensor before_bias, Tensor after, Tensor after_bias, *, bool portable=False) -> Tensor");
  m.def("self_attention(Tensor qkv, int heads, *, bool portable=False) -> Tensor");
}
TORCH_LIBRARY_IMPL(vit_distill, CPU, m) {
  m.impl("talking_heads", onCpu);
  m.impl("self_attention", plainOnCpu);
}
TORCH_LIBRARY_IMPL(vit_distill, Meta, m) {
  m.impl("talking_heads", onMeta);
  m.impl("self_attention", plainOnMeta);
}
TORCH_LIBRARY_IMPL(vit_distill, Autograd, m) {
  m.impl("talking_heads", withoutGradient);
  m.impl("self_attention", plainWithoutGradient);
}

}  // namespace vit
