// The loops of src/augment/gaussian-blur.ts: three box blurs across, three down, in 24-bit fixed point as Pillow has them.
#include <algorithm>
#include <vector>

#include "pixels.h"

namespace {

// A box that reaches `whole` bytes to both sides, and takes a part of the next ones.
struct Box {
  ptrdiff_t whole;
  uint32_t full, part;
};

// Down every column at once; beyond the ends stands the end.
INLINE void blurDown(const uint8_t* data, ptrdiff_t height, size_t width, Box box, uint8_t* out) {
  const auto row = [=](ptrdiff_t y) { return data + std::clamp<ptrdiff_t>(y, 0, height - 1) * width; };
  std::vector<uint32_t> sums(width);
  uint32_t* const sum = sums.data();
  for (ptrdiff_t y = -box.whole; y <= box.whole; ++y) {
    const uint8_t* next = row(y);
    for (size_t x = 0; x < width; ++x) sum[x] += next[x];
  }
  for (ptrdiff_t y = 0; y < height; ++y, out += width) {
    const uint8_t *first = row(y - box.whole), *before = row(y - box.whole - 1), *after = row(y + box.whole + 1);
    for (size_t x = 0; x < width; ++x) {
      const uint32_t edges = before[x] + after[x];
      out[x] = static_cast<uint8_t>((sum[x] * box.full + edges * box.part + (1u << 23)) >> 24);
      sum[x] += after[x] - first[x];
    }
  }
}

void turn(const uint8_t* data, size_t height, size_t width, uint8_t* out) {
  for (size_t x = 0; x < width; ++x) {
    for (size_t y = 0; y < height; ++y) *out++ = data[y * width + x];
  }
}

// The last of three passes writes `out`.
void blurThrice(uint8_t* data, size_t height, size_t width, Box box, uint8_t* out) {
  fast<blurDown>(data, height, width, box, out);
  fast<blurDown>(out, height, width, box, data);
  fast<blurDown>(data, height, width, box, out);
}

}  // namespace

// (data, height, width, channels, whole, full, part, out)
napi_value blur(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  const Box box{static_cast<ptrdiff_t>(given.whole(4)), static_cast<uint32_t>(given.whole(5)), static_cast<uint32_t>(given.whole(6))};
  uint8_t* out = given.array<uint8_t>(7).data;
  std::vector<uint8_t> one(height * width), other(height * width);
  for (size_t plane = 0; plane < channels * height * width; plane += height * width) {
    turn(data + plane, height, width, one.data());
    blurThrice(one.data(), width, height, box, other.data());
    turn(other.data(), width, height, one.data());
    blurThrice(one.data(), height, width, box, out + plane);
  }
  return nullptr;
}
