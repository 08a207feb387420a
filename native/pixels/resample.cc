// The two passes. Both are one sum over rows: a strip of the picture is turned on its side for the pass across.
#include "resample.h"

#include <cstring>

namespace {

constexpr int bits = 22;  // of the weights' fixed point
constexpr size_t lanes = Resampling::most;
constexpr size_t side = 16;  // of the squares of bytes that are turned at once

typedef uint8_t Row __attribute__((vector_size(side)));

// The square turned on its side: four perfect shuffles of its rows do that.
INLINE void turn(Row (&rows)[side]) {
  const Row low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
  const Row high = low + 8;
  for (int round = 0; round < 4; ++round) {
    Row mixed[side];
    for (size_t i = 0; i < side / 2; ++i) {
      mixed[2 * i] = __builtin_shuffle(rows[i], rows[i + side / 2], low);
      mixed[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + side / 2], high);
    }
    for (size_t i = 0; i < side; ++i) rows[i] = mixed[i];
  }
}

// The first `length` bytes of up to 64 rows → [length, lanes]; missing rows repeat the last.
INLINE void turnStrip(const uint8_t* rows, size_t stride, size_t count, size_t length, uint8_t* out) {
  for (size_t top = 0; top < count; top += side) {
    size_t i = 0;
    for (; i + side <= length; i += side) {
      Row square[side];
      for (size_t y = 0; y < side; ++y) std::memcpy(&square[y], rows + std::min(top + y, count - 1) * stride + i, side);
      turn(square);
      for (size_t x = 0; x < side; ++x) std::memcpy(out + (i + x) * lanes + top, &square[x], side);
    }
    for (; i < length; ++i) {
      for (size_t y = top; y < std::min(top + side, count); ++y) out[i * lanes + y] = rows[y * stride + i];
    }
  }
}

// out[i] = the sum of weights[k] · from[k · stride + i], for all lanes i.
INLINE void weigh(const uint8_t* from, size_t stride, const int32_t* weights, size_t count, uint8_t* out) {
  int32_t sums[lanes];
  for (size_t i = 0; i < lanes; ++i) sums[i] = 1 << (bits - 1);
  for (size_t k = 0; k < count; ++k, from += stride) {
    for (size_t i = 0; i < lanes; ++i) sums[i] += from[i] * weights[k];
  }
  for (size_t i = 0; i < lanes; ++i) out[i] = static_cast<uint8_t>(std::clamp(sums[i] >> bits, 0, 255));
}

// A strip on its side → `count` rows of out [C, …], which lie `stride` apart, and `plane` from channel to channel.
INLINE void weighStrip(const uint8_t* turned, size_t channels, const Taps& taps, size_t count, uint8_t* out, size_t stride, size_t plane) {
  uint8_t columns[side][lanes];
  for (size_t channel = 0; channel < channels; ++channel, out += plane) {
    for (size_t left = 0; left < taps.positions; left += side) {
      for (size_t x = left; x < std::min(left + side, taps.positions); ++x) {
        const uint8_t* from = turned + ((taps.first[x] - taps.begin()) * channels + channel) * lanes;
        weigh(from, channels * lanes, taps.weights + x * taps.count, taps.count, columns[x - left]);
      }
      for (size_t top = 0; top < count; top += side) {
        Row square[side];
        for (size_t x = 0; x < side; ++x) std::memcpy(&square[x], columns[x] + top, side);
        turn(square);
        for (size_t y = top; y < std::min(top + side, count); ++y) std::memcpy(out + y * stride + left, &square[y - top], side);
      }
    }
  }
}

INLINE void across(
    const uint8_t* rows, size_t rowStride, size_t count, size_t channels, const Taps& taps, uint8_t* turned, uint8_t* out, size_t stride, size_t plane
) {
  turnStrip(rows, rowStride, count, taps.span() * channels, turned);
  weighStrip(turned, channels, taps, count, out, stride, plane);
}

// [C, span, stride] → [C, positions, width]
INLINE void down(const uint8_t* data, size_t width, size_t channels, const Taps& taps, uint8_t* out, size_t stride) {
  uint8_t row[lanes];
  for (size_t channel = 0; channel < channels; ++channel) {
    for (size_t y = 0; y < taps.positions; ++y, out += width) {
      const uint8_t* from = data + (channel * taps.span() + taps.first[y] - taps.begin()) * stride;
      for (size_t x = 0; x < width; x += lanes) {
        weigh(from + x, stride, taps.weights + y * taps.count, taps.count, row);
        std::memcpy(out + x, row, std::min(lanes, width - x));
      }
    }
  }
}

}  // namespace

Resampling::Resampling(const Taps& across, const Taps& down, size_t channels)
    : across(across),
      down(down),
      channels(channels),
      stride_((across.positions + lanes - 1) / lanes * lanes),
      turned_(across.span() * channels * lanes),
      between_(channels * down.span() * stride_) {}

void Resampling::take(const uint8_t* rows, size_t stride, size_t count) {
  uint8_t* out = between_.data() + taken_ * stride_;
  fast<::across>(rows, stride, count, channels, across, turned_.data(), out, stride_, down.span() * stride_);
  taken_ += count;
}

void Resampling::finish(uint8_t* out) const {
  fast<::down>(between_.data(), across.positions, channels, down, out, stride_);
}

// (data, height, width, channels, across: first, weights, count, down: first, weights, count, out)
napi_value resample(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  Resampling passes(tapsOf(given, 4), tapsOf(given, 7), channels);
  const uint8_t* corner = data + (passes.down.begin() * width + passes.across.begin()) * channels;
  for (size_t top = 0; top < passes.down.span(); top += lanes)
    passes.take(corner + top * width * channels, width * channels, std::min(lanes, passes.down.span() - top));
  passes.finish(given.array<uint8_t>(10).data);
  return nullptr;
}
