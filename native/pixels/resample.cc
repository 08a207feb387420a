// The two passes of src/data/resample.ts. Both are one sum over rows: a strip of the picture is turned on its side for the pass across.
#include <algorithm>
#include <cstring>
#include <vector>

#include "pixels.h"

namespace {

constexpr int bits = 22;  // of the weights' fixed point
constexpr size_t lanes = 64;  // bytes that are summed side by side

// Where each position's taps begin in the source, and their weights, `count` for each position.
struct Taps {
  const int32_t* first;
  const int32_t* weights;
  size_t count;
  size_t positions;
};

// out[i] = the sum of weights[k] · from[k · stride + i], for all lanes i.
INLINE void weigh(const uint8_t* from, size_t stride, const int32_t* weights, size_t count, uint8_t* out) {
  int32_t sums[lanes];
  for (size_t i = 0; i < lanes; ++i) sums[i] = 1 << (bits - 1);
  for (size_t k = 0; k < count; ++k, from += stride) {
    for (size_t i = 0; i < lanes; ++i) sums[i] += from[i] * weights[k];
  }
  for (size_t i = 0; i < lanes; ++i) out[i] = static_cast<uint8_t>(std::clamp(sums[i] >> bits, 0, 255));
}

// [H, W, C] → [C, H, stride], of which the first `positions` of each row count.
FAST void across(const uint8_t* data, size_t height, size_t width, size_t channels, const Taps& taps, uint8_t* out, size_t stride) {
  std::vector<uint8_t> turned(width * channels * lanes);  // [W, C, lanes]: a strip of rows on its side
  uint8_t column[lanes];
  for (size_t top = 0; top < height; top += lanes) {
    const size_t rows = std::min(lanes, height - top);
    const uint8_t* strip = data + top * width * channels;
    for (size_t i = 0; i < width * channels; ++i) {
#pragma GCC unroll 8
      for (size_t y = 0; y < rows; ++y) turned[i * lanes + y] = strip[y * width * channels + i];
    }
    for (size_t x = 0; x < taps.positions; ++x) {
      for (size_t channel = 0; channel < channels; ++channel) {
        const uint8_t* from = turned.data() + (taps.first[x] * channels + channel) * lanes;
        weigh(from, channels * lanes, taps.weights + x * taps.count, taps.count, column);
#pragma GCC unroll 8
        for (size_t y = 0; y < rows; ++y) out[(channel * height + top + y) * stride + x] = column[y];
      }
    }
  }
}

// [C, H, stride] → [C, positions, width]
FAST void down(const uint8_t* data, size_t height, size_t width, size_t channels, const Taps& taps, uint8_t* out, size_t stride) {
  uint8_t row[lanes];
  for (size_t channel = 0; channel < channels; ++channel) {
    for (size_t y = 0; y < taps.positions; ++y, out += width) {
      const uint8_t* from = data + (channel * height + taps.first[y]) * stride;
      for (size_t x = 0; x < width; x += lanes) {
        weigh(from + x, stride, taps.weights + y * taps.count, taps.count, row);
        std::memcpy(out + x, row, std::min(lanes, width - x));
      }
    }
  }
}

Taps tapsOf(const Arguments& given, size_t first) {
  const auto [begins, positions] = given.array<int32_t>(first);
  return {begins, given.array<int32_t>(first + 1).data, given.whole(first + 2), positions};
}

}  // namespace

// (data, height, width, channels, across: first, weights, count, down: first, weights, count, out)
napi_value resample(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  const Taps taps = tapsOf(given, 4);
  const size_t stride = (taps.positions + lanes - 1) / lanes * lanes;
  std::vector<uint8_t> between(channels * height * stride);
  across(data, height, width, channels, taps, between.data(), stride);
  down(between.data(), height, taps.positions, channels, tapsOf(given, 7), given.array<uint8_t>(10).data, stride);
  return nullptr;
}
