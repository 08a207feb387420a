#include "packed-weights.h"

#include <mutex>
#include <unordered_map>

#include "shelf.h"
#include "tile-layouts.h"

namespace vit {

PackedWeights::PackedWeights(int64_t inputs, int64_t outputs)
    : inputs(inputs), outputs(outputs), values(panels() * steps() * 32 * 32) {}

#if VIT_TILES
namespace {

// All tiles of a layer, 32 inputs to 16 outputs each, by what reads the one at an output and an input.
template <class Read>
VIT_BY_TILES inline void packTiles(const PackedWeights& of, const Read& read) {
  at::BFloat16* to = of.values.from(0);
  for (int64_t n = 0; n < of.panels() * 32; n += 32)
    for (int64_t k = 0; k < of.steps() * 32; k += 32)
      for (int64_t half = 0; half < 32; half += 16, to += tileNumbers) {
        __m512i tile[16];
        read(n + half, k, tile);
        writeTile(tile, to);
      }
}

struct Straight {
  Lines<const at::BFloat16> rows;  // outputs
  const PackedWeights& of;
  VIT_BY_TILES inline void operator()(int64_t output, int64_t input, __m512i (&tile)[16]) const {
    readTile({rows[output] + input, rows.pitch}, of.outputs - output, of.inputs - input, tile);
    turn(tile);
  }
};

struct Turned {
  Lines<const at::BFloat16> rows;  // inputs
  const PackedWeights& of;
  VIT_BY_TILES inline void operator()(int64_t output, int64_t input, __m512i (&tile)[16]) const {
    readPairs({rows[input] + output, rows.pitch}, of.inputs - input, of.outputs - output, tile);
  }
};

template <class Read>
void pack(const at::Tensor& weight, const PackedWeights& to) {
  const at::Tensor rows = weight.to(at::kBFloat16).contiguous();
  packTiles(to, Read{{rows.data_ptr<at::BFloat16>(), rows.size(1)}, to});
}

}  // namespace

PackedWeights::PackedWeights(const at::Tensor& weight) : PackedWeights(weight.size(1), weight.size(0)) { pack<Straight>(weight, *this); }

PackedWeights PackedWeights::turned(const at::Tensor& weight) {
  PackedWeights result(weight.size(0), weight.size(1));
  pack<Turned>(weight, result);
  return result;
}
#else
PackedWeights::PackedWeights(const at::Tensor&) : PackedWeights(0, 0) { TORCH_CHECK(false, "this build has no matrix unit"); }
PackedWeights PackedWeights::turned(const at::Tensor& weight) { return PackedWeights(weight); }
#endif

namespace {

using Held = c10::weak_intrusive_ptr<at::TensorImpl>;

struct Entry {
  Held tensor;  // keeps the address from another tensor's use
  uint32_t version;
  const void* data;
  std::shared_ptr<const PackedWeights> weights;
};

std::mutex guard;
std::unordered_map<const at::TensorImpl*, Entry> entries;

void forgetTheGone() {
  for (auto entry = entries.begin(); entry != entries.end();) entry = entry->second.tensor.expired() ? entries.erase(entry) : std::next(entry);
}

}  // namespace

std::shared_ptr<const PackedWeights> packed(const at::Tensor& weight) {
  // a tensor made in inference mode does not count who writes to it
  if (weight.is_inference()) return std::make_shared<PackedWeights>(weight);
  std::lock_guard<std::mutex> lock(guard);
  const uint32_t version = weight._version();
  auto found = entries.find(weight.unsafeGetTensorImpl());
  if (found != entries.end() && found->second.version == version && found->second.data == weight.data_ptr()) return found->second.weights;
  forgetTheGone();
  auto made = std::make_shared<const PackedWeights>(weight);
  letGo(weight);
  entries.insert_or_assign(weight.unsafeGetTensorImpl(), Entry{Held(weight.getIntrusivePtr()), version, weight.data_ptr(), made});
  return made;
}

std::shared_ptr<const PackedWeights> packedOnce(const at::Tensor& weight) {
  {
    std::lock_guard<std::mutex> lock(guard);
    entries.erase(weight.unsafeGetTensorImpl());
  }
  return std::make_shared<const PackedWeights>(weight);
}

}  // namespace vit
