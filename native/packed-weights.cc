#include "packed-weights.h"

#include <mutex>
#include <unordered_map>

#include "shelf.h"

namespace vit {

PackedWeights::PackedWeights(const at::Tensor& weight)
    : inputs(weight.size(1)), outputs(weight.size(0)), values(panels() * steps() * 32 * 32) {
  at::Tensor rows = weight.to(at::kBFloat16).contiguous();
  const at::BFloat16* from = rows.data_ptr<at::BFloat16>();
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t k = 0; k < inputs; ++k) {
      const int64_t tile = (n / 32 * steps() + k / 32) * 2 + n % 32 / 16;
      values[((tile * 16 + k % 32 / 2) * 16 + n % 16) * 2 + k % 2] = from[n * inputs + k];
    }
}

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

}  // namespace vit
