// How numbers of bfloat16 come into tiles: as rows, and as pairs of rows side by side, each straight or turned.
#pragma once
#include "talking-heads.h"
#include "tiles.h"

#if VIT_TILES
namespace vit {

constexpr int64_t tileNumbers = 512;  // bfloat16 in a tile

inline int64_t inTiles(int64_t count, int64_t of) { return (count + of - 1) / of; }

VIT_BY_TILES inline __mmask16 upTo(int64_t count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1; }
VIT_BY_TILES inline __mmask32 upTo32(int64_t count) { return count >= 32 ? 0xffffffff : count <= 0 ? 0 : (1u << count) - 1; }

// 16 rows of 32 numbers; rows and columns beyond are zero.
VIT_BY_TILES inline void readTile(Lines<const at::BFloat16> from, int64_t rows, int64_t columns, __m512i (&tile)[16]) {
  const __mmask32 mask = upTo32(columns);
#pragma GCC unroll 16
  for (int64_t r = 0; r < 16; ++r) tile[r] = r < rows ? _mm512_maskz_loadu_epi16(mask, from[r]) : _mm512_setzero_si512();
}

// 32 rows of 16 numbers as 16 rows of pairs, a number and the one below it; likewise.
VIT_BY_TILES inline void readPairs(Lines<const at::BFloat16> from, int64_t rows, int64_t columns, __m512i (&tile)[16]) {
  const __mmask16 mask = upTo(columns);
#pragma GCC unroll 16
  for (int64_t r = 0; r < 16; ++r) {
    const __m512i even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(2 * r < rows ? mask : 0, from[2 * r]));
    const __m512i odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(2 * r + 1 < rows ? mask : 0, from[2 * r + 1]));
    tile[r] = _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
  }
}

// Rows of pairs to columns of pairs.
VIT_BY_TILES inline void turn(__m512i (&t)[16]) {
  __m512i s[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    s[2 * i] = _mm512_unpacklo_epi32(t[2 * i], t[2 * i + 1]);
    s[2 * i + 1] = _mm512_unpackhi_epi32(t[2 * i], t[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[4 * i] = _mm512_unpacklo_epi64(s[4 * i], s[4 * i + 2]);
    t[4 * i + 1] = _mm512_unpackhi_epi64(s[4 * i], s[4 * i + 2]);
    t[4 * i + 2] = _mm512_unpacklo_epi64(s[4 * i + 1], s[4 * i + 3]);
    t[4 * i + 3] = _mm512_unpackhi_epi64(s[4 * i + 1], s[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    s[i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    s[4 + i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd);
    s[8 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    s[12 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(s[i], s[8 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(s[4 + i], s[12 + i], 0x88);
    t[8 + i] = _mm512_shuffle_i32x4(s[i], s[8 + i], 0xdd);
    t[12 + i] = _mm512_shuffle_i32x4(s[4 + i], s[12 + i], 0xdd);
  }
}

// As a tile of its own when its rows are 32 numbers apart.
VIT_BY_TILES inline void writeTile(const __m512i (&tile)[16], at::BFloat16* to, int64_t pitch = 32) {
#pragma GCC unroll 16
  for (int r = 0; r < 16; ++r) _mm512_storeu_si512(to + r * pitch, tile[r]);
}

}  // namespace vit
#endif
