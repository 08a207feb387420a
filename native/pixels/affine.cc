// The loop of src/augment/affine.ts: bicubic samples at the positions that an affine map gives, in float64 as Pillow takes them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

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

  // Of the position aimed at, `right` and `down` of the centre of pixel (x, y).
  INLINE Colour sample(double u, double v) const {
    const int x = static_cast<int>(std::floor(u)), y = static_cast<int>(std::floor(v));
    const double right = u - x, down = v - y;
    int columns[4];
    for (int i = 0; i < 4; ++i) columns[i] = std::clamp(x - 1 + i, 0, width - 1);
    if (down == 0) return across(y, columns, right);
    Colour rows[4];
    for (int i = 0; i < 4; ++i) rows[i] = across(std::clamp(y - 1 + i, 0, height - 1), columns, right);
    return cubic(rows, down);
  }

  INLINE Colour across(int y, const int* columns, double right) const {
    const Pixel* row = pixels + y * width;
    Colour taps[4];
    for (int i = 0; i < 4; ++i) taps[i] = __builtin_convertvector(row[columns[i]], Colour);
    return cubic(taps, right);
  }
};

FAST void transform(const Packed& from, const double* m, const uint8_t* fill, size_t channels, uint8_t* out) {
  const size_t area = static_cast<size_t>(from.height) * from.width;
  for (int y = 0; y < from.height; ++y) {
    for (int x = 0; x < from.width; ++x, ++out) {
      const double u = m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2];
      const double v = m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5];
      if (!(u >= 0 && u < from.width && v >= 0 && v < from.height)) {
        for (size_t channel = 0; channel < channels; ++channel) out[channel * area] = fill[channel];
        continue;
      }
      const Colour colour = from.sample(u - 0.5, v - 0.5);
      for (size_t channel = 0; channel < channels; ++channel)
        out[channel * area] = static_cast<uint8_t>(std::clamp(colour[channel], 0.0, 255.0));
    }
  }
}

}  // namespace

// (data, height, width, channels, matrix, fill, out): planes in, planes out, at most four
napi_value affine(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const auto [data, height, width, channels] = given.picture(0);
  std::vector<Pixel> pixels(height * width);
  for (size_t channel = 0; channel < channels; ++channel) {
    for (size_t i = 0; i < height * width; ++i) pixels[i][channel] = data[channel * height * width + i];
  }
  const Packed from{pixels.data(), static_cast<int>(height), static_cast<int>(width)};
  transform(from, given.array<double>(4).data, given.array<uint8_t>(5).data, channels, given.array<uint8_t>(6).data);
  return nullptr;
}
