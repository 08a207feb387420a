// The products of one head's attention by the matrix unit, 32 queries at a time.
#pragma once
#include "talking-heads-tiles.h"
#include "tile-layouts.h"

#if VIT_TILES
namespace vit {

// A head's rows as the B of queries · rowsᵀ: a tile is 32 channels of 16 rows. What fills up is zero.
VIT_BY_TILES inline void readAcross(const Attention& of, Lines<const at::BFloat16> rows, at::BFloat16* to) {
  for (int64_t n = 0; n < of.keys(); n += 16)
    for (int64_t e = 0; e < of.width; e += 32, to += tileNumbers) {
      __m512i tile[16];
      readTile({rows[n] + e, rows.pitch}, of.tokens - n, of.width - e, tile);
      turn(tile);
      writeTile(tile, to);
    }
}

// A head's rows as the B of weights · rows: a tile is 16 channels of 32 rows.
VIT_BY_TILES inline void readDown(const Attention& of, Lines<const at::BFloat16> rows, at::BFloat16* to) {
  for (int64_t n = 0; n < of.keys(); n += 32)
    for (int64_t e = 0; e < of.width; e += 16, to += tileNumbers) {
      __m512i tile[16];
      readPairs({rows[n] + e, rows.pitch}, of.tokens - n, of.width - e, tile);
      writeTile(tile, to);
    }
}

// 32 of a head's rows as the A of rows · acrossᵀ, [2, depth] tiles.
VIT_BY_TILES inline void readQueries(Lines<const at::BFloat16> from, int64_t rows, int64_t width, at::BFloat16* to) {
  for (int64_t half = 0; half < 2; ++half)
    for (int64_t e = 0; e < width; e += 32, to += tileNumbers) {
      __m512i tile[16];
      readTile({from[16 * half] + e, from.pitch}, rows - 16 * half, width - e, tile);
      writeTile(tile, to);
    }
}

// scores[32][keys] = queries · acrossᵀ of one head
VIT_BY_TILES inline void score(int64_t depth, int64_t keys, const at::BFloat16* queries, const at::BFloat16* right, float* scores) {
  beforeTiles();
  for (int64_t n = 0; n < keys; n += 32, right += 2 * depth * tileNumbers) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t k = 0; k < depth; ++k) {
      _tile_loadd(4, queries + k * tileNumbers, 64);
      _tile_loadd(5, queries + (depth + k) * tileNumbers, 64);
      _tile_loadd(6, right + k * tileNumbers, 64);
      _tile_loadd(7, right + (depth + k) * tileNumbers, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, scores + n, keys * 4);
    _tile_stored(1, scores + n + 16, keys * 4);
    _tile_stored(2, scores + 16 * keys + n, keys * 4);
    _tile_stored(3, scores + 16 * keys + n + 16, keys * 4);
  }
}

// to[32][32] = weights · down of one head, `keys` weights to a row; `second` where there is another tile of 16 channels
template <class T>
VIT_BY_TILES inline void weigh(Lines<const T> weights, int64_t keys, const at::BFloat16* right, int64_t across, bool second, float* to) {
  beforeTiles();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < keys; k += 32, right += across * tileNumbers) {
    _tile_loadd(4, weights[0] + k, weights.pitch * 2);
    _tile_loadd(5, weights[16] + k, weights.pitch * 2);
    _tile_loadd(6, right, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(2, 5, 6);
    if (second) {
      _tile_loadd(7, right + tileNumbers, 64);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, to, 128);
  _tile_stored(1, to + 16, 128);
  _tile_stored(2, to + 16 * 32, 128);
  _tile_stored(3, to + 16 * 32 + 16, 128);
}

VIT_BY_TILES inline void writeRow(const float* from, int64_t count, at::BFloat16* to) {
  for (int64_t e = 0; e < count; e += 16) {
    const __m256i narrow = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + e));
    _mm256_mask_storeu_epi16(to + e, upTo(count - e), narrow);
  }
}

}  // namespace vit
#endif
