// What the pixel loops share. They are an addon of their own that knows nothing of libtorch, so that data workers may load it.
// Their callers in src/ have made the arrays fit.
#pragma once
#include <node_api.h>

#include <array>
#include <cstddef>
#include <cstdint>

// Compiled for several processors; the one at hand is chosen when the addon is loaded. What is INLINE becomes part of each version.
#if defined(__x86_64__)
#define FAST __attribute__((optimize("O3"), target_clones("avx512f", "avx2", "sse4.1", "default")))
#else
#define FAST __attribute__((optimize("O3")))
#endif
#define INLINE inline __attribute__((always_inline))

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
