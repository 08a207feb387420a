// The gradient of the operator vit_distill::encoder_block. Between the passes it keeps the block's input alone: everything else is made again in
// the backward pass, one block at a time. https://arxiv.org/abs/1604.06174
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "encoder-block-gradient.h"

#include <ATen/Parallel.h>

#include "fault.h"
#include "tiles.h"

namespace vit {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// By the tensors that `wanted` marks, in order; undefined for the others.
variable_list gradientsByLibtorch(BlockParts of, const Tensor& gradient, const std::vector<bool>& wanted) {
  at::AutoGradMode record(true);
  variable_list leaves, result(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!of.all[i].defined()) continue;
    of.all[i] = of.all[i].detach();
    if (wanted[i]) leaves.push_back(of.all[i].requires_grad_());
  }
  const variable_list found = torch::autograd::grad({blockByLibtorch(of)}, leaves, {gradient});
  for (size_t i = 0, next = 0; i < wanted.size(); ++i)
    if (wanted[i]) result[i] = found[next++];
  return result;
}

int64_t filledUp(int64_t count) { return (count + 31) / 32 * 32; }

TurnedLayers turnedLayers(const BlockParts& of) {
  const auto scaled = [&](int64_t layer, int64_t scale) {
    return of.scale(scale).defined() ? of.weight(layer) * of.scale(scale).unsqueeze(1) : of.weight(layer);
  };
  return {PackedWeights::turned(of.weight(0)), PackedWeights::turned(scaled(1, 0)), PackedWeights::turned(of.weight(2)),
          PackedWeights::turned(scaled(3, 1))};
}

// Images at a time whose tokens are laid out: as many as keep all threads busy, no fewer than make a sum worth its loading.
struct Batch {
  int64_t images, groupSteps, groups;

  explicit Batch(const Attention& of)
      : images(of.images),
        groupSteps((together * of.tokens + 31) / 32),
        groups(std::min<int64_t>(std::max(4, at::get_num_threads()), (of.images + together - 1) / together)) {}
};

// One layer's gradients as they are summed.
struct LayerSums {
  Tensor gradient, input;    // laid out
  Tensor products, sums;     // [outputs, inputs], [outputs], filled up

  LayerSums(const Tensor& weight, int64_t steps) {
    const int64_t outputs = filledUp(weight.size(0)), inputs = filledUp(weight.size(1));
    gradient = at::empty({outputs * steps * 32}, at::kBFloat16);
    input = at::empty({inputs * steps * 32}, at::kBFloat16);
    products = at::zeros({outputs, inputs});
    sums = at::zeros({outputs});
  }
  LayerPanels panels() const {
    const int64_t outputs = products.size(0), steps = gradient.numel() / outputs / 32;
    return {{outputs / 32, steps, gradient.data_ptr<at::BFloat16>()}, {products.size(1) / 32, steps, input.data_ptr<at::BFloat16>()}};
  }
  TokenSums all() const {
    const LayerPanels of = panels();
    return {of.gradient, of.input, products.data_ptr<float>(), sums.data_ptr<float>()};
  }
  Tensor ofWeight(const Tensor& weight) const { return products.narrow(0, 0, weight.size(0)).narrow(1, 0, weight.size(1)); }
  Tensor ofBias(const Tensor& weight) const { return sums.narrow(0, 0, weight.size(0)); }
};

// All layers' blocks of 32 × 32 in a row, so that threads get as much each.
void addAll(const std::vector<LayerSums>& layers, int64_t steps) {
  int64_t count = 0;
  for (const LayerSums& layer : layers) count += layer.all().blocks();
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (const LayerSums& layer : layers) {
      const TokenSums all = layer.all();
      const Span here{std::max<int64_t>(begin, 0), std::min(end, all.blocks())};
      if (here.begin < here.end) addTokens(all, steps, here);
      begin -= all.blocks(), end -= all.blocks();
    }
  });
}

// A layer's gradients, and its LayerScale's: Σ of the branch times its gradient, from the weights' own sums.
void hand(const BlockParts& of, const LayerSums& sums, int64_t layer, int64_t scale, variable_list& to) {
  const Tensor &weight = of.weight(layer), &bias = of.bias(layer);
  const Tensor products = sums.ofWeight(weight), alone = sums.ofBias(weight);
  const Tensor by = scale < 0 ? Tensor() : of.scale(scale);
  to[5 + layer] = by.defined() ? products * by.unsqueeze(1) : products;
  if (bias.defined()) to[9 + layer] = by.defined() ? alone * by : alone;
  if (!by.defined()) return;
  const Tensor direct = (products * weight).sum(1);
  to[13 + scale] = bias.defined() ? direct + alone * bias : direct;
}

// By everything that is learned.
variable_list gradientsByTiles(const BlockParts& of, const Tensor& gradient) {
  const EncoderBlock block = blockOf(of, true);
  const TurnedLayers turned = turnedLayers(of);
  const Attention& attention = block.attention;
  const Batch batch(attention);
  const Tensor x = of.x().contiguous(), back = gradient.clone(at::MemoryFormat::Contiguous);
  const int64_t columns = filledUp(attention.channels()), groups = (batch.images + together - 1) / together;
  const Tensor norms = at::zeros({groups, 4, columns});
  std::vector<LayerSums> layers;
  for (int64_t i = 0; i < 4; ++i) layers.emplace_back(of.weight(i), batch.groups * batch.groupSteps);
  const BlockPassage passage{block, turned, x.data_ptr<float>(), back.data_ptr<float>(),
                             {layers[0].panels(), layers[1].panels(), layers[2].panels(), layers[3].panels()}, batch.groupSteps};
  std::vector<std::shared_ptr<PassageRoom>> rooms(at::get_num_threads());
  for (int64_t first = 0; first < groups; first += batch.groups) {
    const int64_t here = std::min(batch.groups, groups - first);
    at::parallel_for(0, here, 1, [&](int64_t begin, int64_t end) {
      auto& room = rooms[at::get_thread_num()];
      if (!room) room = makePassageRoom(block);
      for (int64_t slot = begin; slot < end; ++slot) {
        const int64_t image = (first + slot) * together;
        passBack(passage, {image, std::min(image + together, batch.images)}, slot, norms.data_ptr<float>() + (first + slot) * 4 * columns, *room);
      }
    });
    addAll(layers, here * batch.groupSteps);
  }
  variable_list result(BlockParts::learned);
  result[0] = back;
  const Tensor ofNorms = norms.sum(0);
  for (int64_t i = 0; i < 4; ++i) result[1 + i] = ofNorms[i].narrow(0, 0, attention.channels());
  for (int64_t i = 0; i < 4; ++i) hand(of, layers[i], i, i == 1 ? 0 : i == 3 ? 1 : -1, result);
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
    VIT_CHECK_GRADIENT(!at::GradMode::is_enabled(), "encoder_block has no second derivative: take its gradient without createGraph");
    const auto& data = context->saved_data;
    const BlockParts of{data.at("heads").toInt(), data.at("eps").toDouble(), data.at("portable").toBool(), context->get_saved_variables()};
    std::vector<bool> wanted(BlockParts::learned);
    size_t given = 0;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (of.all[i].defined()) wanted[i] = context->needs_input_grad(given++);
    const bool byTiles = !of.portable && haveTiles() && of.x().numel() > 0;
    const variable_list found = byTiles ? gradientsByTiles(of, gradients[0]) : gradientsByLibtorch(of, gradients[0].contiguous(), wanted);
    variable_list result;
    for (size_t i = 0; i < wanted.size(); ++i)
      if (of.all[i].defined()) result.push_back(wanted[i] ? found[i] : Tensor());
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
