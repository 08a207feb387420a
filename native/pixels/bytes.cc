// The loops of src/augment over a picture's bytes, in planes [C, H, W].
#include <algorithm>
#include <cstring>

#include "pixels.h"

namespace {

void lookUpLoop(const uint8_t* data, const uint8_t* table, size_t length, uint8_t* out) {
  for (size_t i = 0; i < length; ++i) out[i] = table[data[i]];
}

// Four counts of each byte, so that equal neighbours need not wait for one another.
void countLoop(const uint8_t* data, size_t length, uint32_t* counts) {
  uint32_t parts[4][256] = {};
  for (size_t i = 0; i < length; ++i) ++parts[i % 4][data[i]];
  for (size_t byte = 0; byte < 256; ++byte) counts[byte] = parts[0][byte] + parts[1][byte] + parts[2][byte] + parts[3][byte];
}

// The luma (ITU-R 601-2) in 16-bit fixed point, as PIL's "L".
INLINE void greyLoop(const uint8_t* data, size_t area, uint8_t* out) {
  const uint8_t *green = data + area, *blue = green + area;
  for (size_t i = 0; i < area; ++i) out[i] = static_cast<uint8_t>((data[i] * 19595 + green[i] * 38470 + blue[i] * 7471 + 0x8000) >> 16);
}

INLINE void blendLoop(const uint8_t* from, const uint8_t* to, size_t length, float factor, uint8_t* out) {
  for (size_t i = 0; i < length; ++i) {
    const float start = from[i];
    const float value = start + factor * (to[i] - start);
    out[i] = static_cast<uint8_t>(static_cast<int>(std::min(std::max(value, 0.0f), 255.0f)));
  }
}

INLINE void smoothLoop(const uint8_t* data, size_t height, size_t width, uint8_t* out) {
  std::memcpy(out, data, height * width);
  for (size_t y = 1; y + 1 < height; ++y) {
    const uint8_t *above = data + (y - 1) * width, *row = above + width, *below = row + width;
    for (size_t x = 1; x + 1 < width; ++x) {
      const int sides = above[x - 1] + above[x] + above[x + 1] + row[x - 1] + row[x + 1] + below[x - 1] + below[x] + below[x + 1];
      const auto sum = static_cast<uint16_t>(sides + 5 * row[x]);
      out[y * width + x] = static_cast<uint8_t>(static_cast<uint16_t>(2 * sum + 13) / 26);  // 13 is odd: no value lies halfway
    }
  }
}

INLINE void mirrorLoop(const uint8_t* data, size_t rows, size_t width, uint8_t* out) {
  for (size_t y = 0; y < rows; ++y, data += width, out += width) {
    for (size_t x = 0; x < width; ++x) out[x] = data[width - 1 - x];
  }
}

}  // namespace

// (data, tables [C, 256], out)
napi_value lookUp(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, length] = given.array<uint8_t>(0);
  const auto [tables, entries] = given.array<uint8_t>(1);
  const size_t channels = entries / 256, area = length / channels;
  for (size_t channel = 0; channel < channels; ++channel)
    lookUpLoop(data + channel * area, tables + channel * 256, area, given.array<uint8_t>(2).data + channel * area);
  return nullptr;
}

// (data of one channel, counts [256])
napi_value count(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, length] = given.array<uint8_t>(0);
  countLoop(data, length, given.array<uint32_t>(1).data);
  return nullptr;
}

// (data of three channels, out of one)
napi_value grey(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, length] = given.array<uint8_t>(0);
  fast<greyLoop>(data, length / 3, given.array<uint8_t>(1).data);
  return nullptr;
}

// (from, to, factor, out), which may be `from`
napi_value blend(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [from, length] = given.array<uint8_t>(0);
  fast<blendLoop>(from, given.array<uint8_t>(1).data, length, static_cast<float>(given.number(2)), given.array<uint8_t>(3).data);
  return nullptr;
}

// (data, height, width, channels, out)
napi_value smooth(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  for (size_t channel = 0; channel < channels; ++channel)
    fast<smoothLoop>(data + channel * height * width, height, width, given.array<uint8_t>(4).data + channel * height * width);
  return nullptr;
}

// (data, width, out)
napi_value mirror(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, length] = given.array<uint8_t>(0);
  const size_t width = given.whole(1);
  fast<mirrorLoop>(data, length / width, width, given.array<uint8_t>(2).data);
  return nullptr;
}
