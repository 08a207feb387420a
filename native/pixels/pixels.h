// What the pixel loops share. They are an addon of their own that knows nothing of libtorch, so that data workers may load it.
// Their callers in src/ have made the arrays fit.
#pragma once
#include <node_api.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "../cpu.h"

// What becomes part of each version that `fast` is compiled in.
#define INLINE inline __attribute__((always_inline))

template <auto loop, class... Args> __attribute__((optimize("O3"))) void byAnyProcessor(Args... args) { loop(args...); }
#if defined(__x86_64__)
template <auto loop, class... Args> __attribute__((optimize("O3"), target("avx2"))) void byAvx2(Args... args) { loop(args...); }
template <auto loop, class... Args> __attribute__((optimize("O3"), target("avx512f"))) void byAvx512(Args... args) { loop(args...); }
#endif

// Runs a loop, an INLINE function, as compiled for the processor at hand. Every version gives the same numbers.
template <auto loop, class... Args> void fast(Args... args) {
#if defined(__x86_64__)
  if (vit::isa() >= vit::Isa::avx512) return byAvx512<loop>(args...);
  if (vit::isa() >= vit::Isa::avx2) return byAvx2<loop>(args...);
#endif
  byAnyProcessor<loop>(args...);
}

template <class T> struct Array {
  T* data;
  size_t length;
};

struct Picture {
  const uint8_t* data;
  size_t height, width, channels;
};

// What JavaScript called a function with.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t given = values_.size();
    napi_get_cb_info(env, info, &given, values_.data(), nullptr, nullptr);
  }

  template <class T> Array<T> array(size_t i) const {
    Array<void> found{nullptr, 0};
    napi_get_typedarray_info(env_, values_[i], nullptr, &found.length, &found.data, nullptr, nullptr);
    return {static_cast<T*>(found.data), found.length};
  }

  size_t whole(size_t i) const {
    int64_t value = 0;
    napi_get_value_int64(env_, values_[i], &value);
    return static_cast<size_t>(value);
  }

  double number(size_t i) const {
    double value = 0;
    napi_get_value_double(env_, values_[i], &value);
    return value;
  }

  // (data, height, width, channels), from i on
  Picture picture(size_t i) const { return {array<uint8_t>(i).data, whole(i + 1), whole(i + 2), whole(i + 3)}; }

 private:
  napi_env env_;
  std::array<napi_value, 11> values_{};
};

// Everything that JavaScript may call, by its name there.
#define PIXEL_LOOPS(each) \
  each(resample) \
  each(resampleJpeg) \
  each(affine) \
  each(lookUp) \
  each(count) \
  each(grey) \
  each(blend) \
  each(smooth) \
  each(mirror) \
  each(blur) \
  each(scale) \
  each(mix) \
  each(swapBoxes)

#define DECLARE(name) napi_value name(napi_env env, napi_callback_info info);
PIXEL_LOOPS(DECLARE)
#undef DECLARE
