// The two passes of src/data/resample.ts, in an addon of its own that knows nothing of libtorch, so that data workers may load it.
#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

// Compiled for several processors; the one at hand is chosen when the addon is loaded.
#if defined(__x86_64__)
#define FAST __attribute__((optimize("O3"), target_clones("avx512f", "avx2", "sse4.1", "default")))
#else
#define FAST __attribute__((optimize("O3")))
#endif

constexpr int bits = 22;  // of the weights' fixed point
constexpr int32_t half = 1 << (bits - 1);

typedef int32_t Quad __attribute__((vector_size(16)));
typedef uint8_t Quad8 __attribute__((vector_size(4)));

uint8_t byteOf(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> bits, 0, 255)); }

struct Array {
  void* data;
  size_t length;
  template <class T> const T* as() const { return static_cast<const T*>(data); }
};

// Where each position's taps begin in the source, and their weights, `count` for each position.
struct Taps {
  Array first;
  Array weights;
  size_t count;
  size_t positions() const { return first.length; }
};

// Three channels at once; the fourth lane reads the next pixel's byte and is thrown away.
FAST void acrossColour(const uint8_t* row, uint8_t* out, const Taps& taps) {
  const int32_t* weight = taps.weights.as<int32_t>();
  for (size_t x = 0; x < taps.positions(); ++x) {
    const uint8_t* pixel = row + 3 * taps.first.as<int32_t>()[x];
    Quad sum = {half, half, half, half};
    for (size_t k = 0; k < taps.count; ++k, pixel += 3) {
      Quad8 bytes;
      std::memcpy(&bytes, pixel, 4);
      sum += __builtin_convertvector(bytes, Quad) * *weight++;
    }
    for (int channel = 0; channel < 3; ++channel) *out++ = byteOf(sum[channel]);
  }
}

void acrossAny(const uint8_t* row, uint8_t* out, const Taps& taps, size_t channels) {
  const int32_t* weights = taps.weights.as<int32_t>();
  for (size_t x = 0; x < taps.positions(); ++x, weights += taps.count) {
    for (size_t channel = 0; channel < channels; ++channel) {
      const uint8_t* byte = row + taps.first.as<int32_t>()[x] * channels + channel;
      int32_t sum = half;
      for (size_t k = 0; k < taps.count; ++k) sum += byte[k * channels] * weights[k];
      *out++ = byteOf(sum);
    }
  }
}

void across(const uint8_t* data, uint8_t* out, size_t height, size_t width, size_t channels, const Taps& taps) {
  const size_t row = width * channels;
  const size_t kept = taps.positions() * channels;
  std::vector<uint8_t> last(row + 1);  // a copy with room for the lane that reads beyond
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* from = data + y * row;
    if (channels != 3) {
      acrossAny(from, out + y * kept, taps, channels);
      continue;
    }
    if (y + 1 == height) from = static_cast<uint8_t*>(std::memcpy(last.data(), from, row));
    acrossColour(from, out + y * kept, taps);
  }
}

FAST void down(const uint8_t* data, uint8_t* out, size_t row, const Taps& taps) {
  std::vector<int32_t> sums(row);
  const int32_t* weight = taps.weights.as<int32_t>();
  for (size_t y = 0; y < taps.positions(); ++y, out += row) {
    std::fill(sums.begin(), sums.end(), half);
    const uint8_t* from = data + taps.first.as<int32_t>()[y] * row;
    for (size_t k = 0; k < taps.count; ++k, from += row) {
      const int32_t by = *weight++;
      if (by == 0) continue;
      for (size_t i = 0; i < row; ++i) sums[i] += from[i] * by;
    }
    for (size_t i = 0; i < row; ++i) out[i] = byteOf(sums[i]);
  }
}

Array arrayOf(napi_env env, napi_value value) {
  Array array{nullptr, 0};
  napi_get_typedarray_info(env, value, nullptr, &array.length, &array.data, nullptr, nullptr);
  return array;
}

size_t sizeOf(napi_env env, napi_value value) {
  int64_t size = 0;
  napi_get_value_int64(env, value, &size);
  return static_cast<size_t>(size);
}

// (data, height, width, channels, first, weights, count, out); the caller, resample.ts, has made the arrays fit.
napi_value resampleAcross(napi_env env, napi_callback_info info) {
  size_t given = 8;
  napi_value value[8];
  napi_get_cb_info(env, info, &given, value, nullptr, nullptr);
  const Taps taps{arrayOf(env, value[4]), arrayOf(env, value[5]), sizeOf(env, value[6])};
  across(arrayOf(env, value[0]).as<uint8_t>(), static_cast<uint8_t*>(arrayOf(env, value[7]).data), sizeOf(env, value[1]),
         sizeOf(env, value[2]), sizeOf(env, value[3]), taps);
  return nullptr;
}

// (data, row, first, weights, count, out)
napi_value resampleDown(napi_env env, napi_callback_info info) {
  size_t given = 6;
  napi_value value[6];
  napi_get_cb_info(env, info, &given, value, nullptr, nullptr);
  const Taps taps{arrayOf(env, value[2]), arrayOf(env, value[3]), sizeOf(env, value[4])};
  down(arrayOf(env, value[0]).as<uint8_t>(), static_cast<uint8_t*>(arrayOf(env, value[5]).data), sizeOf(env, value[1]), taps);
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor methods[] = {
      {"resampleAcross", nullptr, resampleAcross, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"resampleDown", nullptr, resampleDown, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, 2, methods);
  return exports;
}
