// What one JavaScript environment (the main thread or one worker) owns: its live tensors, generators and operators.
#pragma once
#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <node_api.h>
#include <torch/version.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace vit {

// libtorch moved from its own optional to the standard one; IValue's lists are spelled with whichever it uses.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
using MaybeTensor = std::optional<at::Tensor>;
#else
using MaybeTensor = c10::optional<at::Tensor>;
#endif

// Integers stand for C++ objects on the JavaScript side; 0 is nobody, so that a freed tensor is told from a live one.
template <class T>
class Slots {
 public:
  uint32_t add(T value) {
    ++live_;
    if (free_.empty()) {
      items_.emplace_back(std::move(value));
      return static_cast<uint32_t>(items_.size());
    }
    uint32_t handle = free_.back();
    free_.pop_back();
    items_[handle - 1].emplace(std::move(value));
    return handle;
  }
  T* get(uint32_t handle) {
    if (handle == 0 || handle > items_.size() || !items_[handle - 1]) return nullptr;
    return &*items_[handle - 1];
  }
  void remove(uint32_t handle) {
    if (!get(handle)) return;
    items_[handle - 1].reset();
    free_.push_back(handle);
    --live_;
  }
  size_t live() const { return live_; }
  const std::vector<std::optional<T>>& items() const { return items_; }

 private:
  std::vector<std::optional<T>> items_;
  std::vector<uint32_t> free_;
  size_t live_ = 0;
};

enum class Kind {
  Tensor, TensorList, MaybeTensorList, Int, IntList, Float, FloatList, Bool, BoolList,
  Scalar, ScalarList, DType, Device, Layout, MemoryFormat, String, Generator, Unsupported,
};

struct Argument {
  std::string name;
  std::string label;  // "softmax: argument 'dim'", built once
  Kind kind;
  bool optional;
  int fixedLength;  // `int[2] stride` takes one number for both; 0 when the list has no fixed length
  std::optional<c10::IValue> fallback;
};

struct Operator {
  std::string name;
  std::optional<c10::OperatorHandle> handle;  // empty: this libtorch does not have it
  std::vector<Argument> arguments;            // in the linked libtorch's order
  std::vector<int> position;                  // where each argument stands in the JavaScript call; -1 takes its default
  bool returnsSelf;                           // in-place: the caller already holds the result
};

// References to JavaScript buffers that tensors borrowed. libtorch may drop a tensor on any thread; the references
// may only be deleted on the environment's own, so they wait here.
struct Graveyard {
  std::mutex lock;
  std::vector<napi_ref> dead;
};

struct Script;

struct State {
  Slots<at::Tensor> tensors;
  Slots<std::shared_ptr<Script>> scripts;
  Slots<at::Generator> generators;
  std::vector<Operator> operators;
  std::vector<std::unique_ptr<c10::InferenceMode>> inferenceModes;
  std::shared_ptr<Graveyard> graveyard = std::make_shared<Graveyard>();
};

State& stateOf(napi_env env);

}  // namespace vit
