// libtorch gives bfloat16 to oneDNN by the processor's flags alone. Where a variable caps oneDNN below what has bfloat16 at all, that ends in
// "could not create a primitive descriptor"; then libtorch's own kernels have to do, as on a processor without AVX-512.
#pragma once
#include <ATen/core/stack.h>

#include "js.h"

namespace vit {

// avoidOneDnnForBfloat16(): for the rest of this process
napi_value avoidOneDnnForBfloat16(napi_env env, const Arguments& args);

// While one lives, oneDNN is not used where it would meet bfloat16. Costs a look at a flag where it is not avoided.
class OneDnnGuard {
 public:
  explicit OneDnnGuard(const torch::jit::Stack& arguments) : OneDnnGuard(avoids_ && meetsBfloat16(arguments)) {}
  // for a backward pass or a program, of which nobody knows beforehand what it will meet
  OneDnnGuard() : OneDnnGuard(avoids_) {}
  ~OneDnnGuard();
  OneDnnGuard(const OneDnnGuard&) = delete;
  OneDnnGuard& operator=(const OneDnnGuard&) = delete;

 private:
  explicit OneDnnGuard(bool leaveAside);
  static bool meetsBfloat16(const torch::jit::Stack& arguments);
  friend napi_value avoidOneDnnForBfloat16(napi_env env, const Arguments& args);
  static inline bool avoids_ = false;
  bool restores_;
};

}  // namespace vit
