// The loops of src/augment/normalise.ts and mixup.ts: in float64 and rounded once, as JavaScript counts.
#include <algorithm>

#include "pixels.h"

namespace {

INLINE void scaleLoop(const uint8_t* data, size_t length, double scale, double shift, float* out) {
  for (size_t i = 0; i < length; ++i) out[i] = static_cast<float>(data[i] * scale - shift);
}

INLINE void mixLoop(float* own, float* other, size_t length, double lambda) {
  const double rest = 1 - lambda;
  for (size_t i = 0; i < length; ++i) {
    const double a = own[i], b = other[i];
    own[i] = static_cast<float>(lambda * a + rest * b);
    other[i] = static_cast<float>(lambda * b + rest * a);
  }
}

}  // namespace

// (data, scale [C], shift [C], out)
napi_value scale(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, length] = given.array<uint8_t>(0);
  const auto [scales, channels] = given.array<double>(1);
  const size_t area = length / channels;
  for (size_t channel = 0; channel < channels; ++channel)
    fast<scaleLoop>(data + channel * area, area, scales[channel], given.array<double>(2).data[channel], given.array<float>(3).data + channel * area);
  return nullptr;
}

// (own, other, lambda): both are changed
napi_value mix(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [own, length] = given.array<float>(0);
  fast<mixLoop>(own, given.array<float>(1).data, length, given.number(2));
  return nullptr;
}

// (own, other, width, height, left, top, right, bottom): the boxes of both, in every plane, change places
napi_value swapBoxes(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [own, length] = given.array<float>(0);
  float* other = given.array<float>(1).data;
  const size_t width = given.whole(2), height = given.whole(3);
  const size_t left = given.whole(4), top = given.whole(5), right = given.whole(6), bottom = given.whole(7);
  for (size_t plane = 0; plane < length; plane += height * width) {
    for (size_t row = plane + top * width; row < plane + bottom * width; row += width)
      std::swap_ranges(own + row + left, own + row + right, other + row + left);
  }
  return nullptr;
}
