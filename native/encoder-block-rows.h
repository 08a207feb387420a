// What lies between the products of a transformer's block: norms before them, and what finishes them, by vectors.
#pragma once
#include <cmath>

#include "encoder-block.h"
#include "tile-layouts.h"

#if VIT_TILES
namespace vit {

using at::BFloat16;

// 32 numbers to bfloat16
VIT_BY_TILES inline void narrow(BFloat16* to, __m512 left, __m512 right) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(right, left));
}

VIT_BY_TILES inline __m512 all(float value) { return _mm512_set1_ps(value); }

// The normal distribution's tail Q(a) = 1 - Φ(a), to the third order about 32 points: 2e-6 from it, far below what bfloat16 sees.
struct Tail {
  static constexpr float gap = 0.1875f;  // between the points, the last at 5.8
  alignas(64) float terms[4][32];

  Tail() {
    for (int i = 0; i < 32; ++i) {
      const double a = i * gap, density = 0.3989422804014327 * std::exp(-a * a / 2);
      terms[0][i] = std::erfc(a * 0.7071067811865476) / 2;
      terms[1][i] = -density;
      terms[2][i] = a * density / 2;
      terms[3][i] = (1 - a * a) * density / 6;
    }
  }
  VIT_BY_TILES inline __m512 term(int order, __m512i point) const {
    return _mm512_permutex2var_ps(_mm512_load_ps(terms[order]), point, _mm512_load_ps(terms[order] + 16));
  }
};
inline const Tail tail;

struct Gelu {
  __m512 value, slope;
};

// x Φ(x), and its slope Φ(x) + x φ(x) with the density from the same terms
VIT_BY_TILES inline Gelu gelu(__m512 x) {
  const __m512 a = _mm512_min_ps(all(31 * Tail::gap), _mm512_abs_ps(x));
  const __m512 toWhole = all(12582912);  // 1.5 · 2²³: added it rounds, and leaves the point's number in the last bits
  const __m512 shifted = _mm512_fmadd_ps(a, all(1 / Tail::gap), toWhole);
  const __m512 d = _mm512_fnmadd_ps(_mm512_sub_ps(shifted, toWhole), all(Tail::gap), a);
  const __m512i point = _mm512_castps_si512(shifted);
  const __m512 first = tail.term(1, point), second = tail.term(2, point), third = tail.term(3, point);
  __m512 q = _mm512_fmadd_ps(third, d, second);
  q = _mm512_fmadd_ps(q, d, first);
  q = _mm512_fmadd_ps(q, d, tail.term(0, point));
  const __mmask16 above = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ);
  const __m512 share = _mm512_mask_sub_ps(q, above, all(1), q);
  __m512 fall = _mm512_fmadd_ps(_mm512_mul_ps(third, all(3)), d, _mm512_add_ps(second, second));
  fall = _mm512_mul_ps(_mm512_fmadd_ps(fall, d, first), a);  // -a φ(a)
  return {_mm512_mul_ps(x, share), _mm512_mask_sub_ps(_mm512_add_ps(share, fall), above, share, fall)};
}

struct Store {
  Lines<BFloat16> to;
  const float* bias;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    narrow(to[row] + column, _mm512_add_ps(_mm512_load_ps(sums), _mm512_load_ps(bias + column)),
           _mm512_add_ps(_mm512_load_ps(sums + 16), _mm512_load_ps(bias + column + 16)));
  }
};

struct StoreGelu {
  Lines<BFloat16> to;
  const float* bias;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    narrow(to[row] + column, gelu(_mm512_add_ps(_mm512_load_ps(sums), _mm512_load_ps(bias + column))).value,
           gelu(_mm512_add_ps(_mm512_load_ps(sums + 16), _mm512_load_ps(bias + column + 16))).value);
  }
};

struct AddScaled {
  Lines<float> to;
  const float *bias, *scale, *kept;  // kept: by row
  int64_t rows, columns;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    if (row >= rows) return;
    for (int half = 0; half < 32; half += 16) {
      const int64_t x = column + half;
      const __mmask16 mask = upTo(columns - x);
      const __m512 branch = _mm512_add_ps(_mm512_load_ps(sums + half), _mm512_load_ps(bias + x));
      const __m512 stream = _mm512_maskz_loadu_ps(mask, to[row] + x);
      const __m512 share = _mm512_mul_ps(_mm512_load_ps(scale + x), all(kept[row]));
      _mm512_mask_storeu_ps(to[row] + x, mask, _mm512_fmadd_ps(branch, share, stream));
    }
  }
};

// LayerNorm of a row, as bfloat16 and filled up by zeros.
VIT_BY_TILES inline void normalise(const float* from, int64_t width, const float* weight, const float* bias, float eps, BFloat16* to) {
  __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (int64_t x = 0; x < width; x += 16) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(upTo(width - x), from + x));
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / width);
  for (int64_t x = 0; x < width; x += 16) {
    const __mmask16 mask = upTo(width - x);
    const __m512 gap = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, from + x), mean);
    squares = _mm512_fmadd_ps(gap, gap, squares);
  }
  const __m512 scale = _mm512_set1_ps(1 / __builtin_sqrtf(_mm512_reduce_add_ps(squares) / width + eps));
  for (int64_t x = 0; x < width; x += 32) {
    __m512 parts[2];
    for (int half = 0; half < 2; ++half) {
      const int64_t at = x + 16 * half;
      const __mmask16 mask = upTo(width - at);
      const __m512 gap = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, from + at), mean);
      parts[half] = _mm512_fmadd_ps(_mm512_mul_ps(gap, scale), _mm512_load_ps(weight + at), _mm512_load_ps(bias + at));
    }
    narrow(to + x, parts[0], parts[1]);
  }
}

inline int64_t filledUp(int64_t count) { return (count + 31) / 32 * 32; }

// An odd count of cache lines a row, so that the rows of a tile do not fall on one another in the cache.
inline int64_t pitchOf(int64_t columns) { return filledUp(columns) | 32; }

constexpr int64_t hiddenSteps = 12;  // so much of the hidden layer at a time, 384 numbers, that two operands of a product fit the nearest cache

inline Lines<const BFloat16> read(Lines<BFloat16> of) { return {of.data, of.pitch}; }

// What a branch counts for, row by row.
inline void readKept(const EncoderBlock& of, Span images, int64_t branch, float* to) {
  const int64_t tokens = of.attention.tokens;
  for (int64_t image = images.begin; image < images.end; ++image, to += tokens)
    std::fill_n(to, tokens, of.kept[branch * of.attention.images + image]);
}

VIT_BY_TILES inline void normaliseAll(const EncoderBlock& of, Lines<const float> stream, int64_t rows, const float* weight, const float* bias,
                                      Lines<BFloat16> to) {
  for (int64_t row = 0; row < rows; ++row) normalise(stream[row], of.attention.channels(), weight, bias, of.eps, to[row]);
}

}  // namespace vit
#endif
