// The loop of src/augment/affine.ts: bicubic samples at the positions that an affine map gives, in float64 as Pillow takes them.
#include <algorithm>
#include <cmath>
#include <memory>

#include "pixels.h"

namespace {

typedef double Colour __attribute__((vector_size(32)));  // a pixel's channels, and what is left of four
typedef int32_t Pixel __attribute__((vector_size(16)));

// Keys' cubic with a = −1, which Pillow transforms with (it resizes with −0.5).
INLINE Colour cubic(const Colour* p, double t) {
  return p[1] + t * (p[2] - p[0] + t * (2 * (p[0] - p[1]) + p[2] - p[3] + t * (p[1] - p[0] + p[3] - p[2])));
}

// A packed picture; what lies beyond its edge is its outermost pixel.
struct Packed {
  const Pixel* pixels;  // [H, W]
  int height, width;

  // Of the position aimed at, `right` and `down` of the centre of pixel (x, y). A cubic at 0 is its second tap.
  INLINE Colour sample(double u, double v) const {
    const int x = static_cast<int>(std::floor(u)), y = static_cast<int>(std::floor(v));
    const double right = u - x, down = v - y;
    if (down == 0) return across(y, x, right);
    Colour rows[4];
    for (int i = 0; i < 4; ++i) rows[i] = across(std::clamp(y - 1 + i, 0, height - 1), x, right);
    return cubic(rows, down);
  }

  INLINE Colour across(int y, int x, double right) const {
    const Pixel* row = pixels + y * width;
    if (right == 0) return __builtin_convertvector(row[x], Colour);
    Colour taps[4];
    if (x >= 1 && x + 2 < width)
      for (int i = 0; i < 4; ++i) taps[i] = __builtin_convertvector(row[x - 1 + i], Colour);
    else
      for (int i = 0; i < 4; ++i) taps[i] = __builtin_convertvector(row[std::clamp(x - 1 + i, 0, width - 1)], Colour);
    return cubic(taps, right);
  }
};

// Cut off to a byte in every channel.
INLINE Pixel bytesOf(Colour colour) {
  const Colour least = {}, most = least + 255.0;
  colour = colour > least ? colour : least;
  colour = colour < most ? colour : most;
  return __builtin_convertvector(colour, Pixel);
}

INLINE void transform(const Packed& from, const double* m, Pixel fill, Pixel* out) {
  for (int y = 0; y < from.height; ++y) {
    for (int x = 0; x < from.width; ++x, ++out) {
      const double u = m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2];
      const double v = m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5];
      const bool isInside = u >= 0 && u < from.width && v >= 0 && v < from.height;
      *out = isInside ? bytesOf(from.sample(u - 0.5, v - 0.5)) : fill;
    }
  }
}

// Planes [C, area] → pixels, whose channels beyond C are the last one.
INLINE void pack(const uint8_t* data, size_t area, size_t channels, Pixel* out) {
  const uint8_t *second = data + std::min<size_t>(1, channels - 1) * area, *third = data + std::min<size_t>(2, channels - 1) * area;
  for (size_t i = 0; i < area; ++i) out[i] = Pixel{data[i], second[i], third[i], 0};
}

INLINE void unpack(const Pixel* pixels, size_t area, size_t channels, uint8_t* out) {
  for (size_t channel = 0; channel < channels; ++channel, out += area) {
    for (size_t i = 0; i < area; ++i) out[i] = static_cast<uint8_t>(pixels[i][channel]);
  }
}

}  // namespace

// (data, height, width, channels, matrix, fill, out): planes in, planes out, at most three
napi_value affine(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  const size_t area = height * width;
  const std::unique_ptr<Pixel[]> before(new Pixel[area]), after(new Pixel[area]);
  const uint8_t* bytes = given.array<uint8_t>(5).data;
  Pixel fill = {};
  for (size_t channel = 0; channel < channels; ++channel) fill[channel] = bytes[channel];
  fast<pack>(data, area, channels, before.get());
  fast<transform>(Packed{before.get(), static_cast<int>(height), static_cast<int>(width)}, given.array<double>(4).data, fill, after.get());
  fast<unpack>(after.get(), area, channels, given.array<uint8_t>(6).data);
  return nullptr;
}
