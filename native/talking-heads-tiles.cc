// Talking heads in bfloat16 by the processor's matrix unit: both products there, what lies between them by vectors of float32.
#include "talking-heads-row.h"
#include "talking-heads-tiles.h"

namespace vit {

#if VIT_TILES
namespace {

using at::BFloat16;

constexpr int64_t tileNumbers = 512;  // bfloat16 in a tile

int64_t inTiles(int64_t count, int64_t of) { return (count + of - 1) / of; }

VIT_BY_TILES inline __mmask16 upTo(int64_t count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1; }
VIT_BY_TILES inline __mmask32 upTo32(int64_t count) { return count >= 32 ? 0xffffffff : count <= 0 ? 0 : (1u << count) - 1; }

// 16 rows of 32 numbers as a tile; rows and columns beyond are zero.
VIT_BY_TILES inline void readTile(Lines<const BFloat16> from, int64_t rows, int64_t columns, __m512i (&tile)[16]) {
  const __mmask32 mask = upTo32(columns);
#pragma GCC unroll 16
  for (int64_t r = 0; r < 16; ++r) tile[r] = r < rows ? _mm512_maskz_loadu_epi16(mask, from[r]) : _mm512_setzero_si512();
}

// Rows of pairs to columns of pairs.
VIT_BY_TILES inline void transpose(__m512i (&t)[16]) {
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

VIT_BY_TILES inline void writeTile(const __m512i (&tile)[16], BFloat16* to) {
#pragma GCC unroll 16
  for (int r = 0; r < 16; ++r) _mm512_storeu_si512(to + r * 32, tile[r]);
}

// Keys as the B of queries · keysᵀ: a tile is 32 channels of 16 keys.
VIT_BY_TILES void readKeys(const Attention& of, Lines<const BFloat16> keys, BFloat16* to) {
  for (int64_t h = 0; h < of.heads; ++h)
    for (int64_t n = 0; n < of.keys(); n += 16)
      for (int64_t e = 0; e < of.width; e += 32, to += tileNumbers) {
        __m512i tile[16];
        readTile({keys[n] + h * of.width + e, keys.pitch}, of.tokens - n, of.width - e, tile);
        transpose(tile);
        writeTile(tile, to);
      }
}

// Values as the B of weights · values: a tile is 16 channels of 32 tokens.
VIT_BY_TILES void readValues(const Attention& of, Lines<const BFloat16> values, BFloat16* to) {
  for (int64_t h = 0; h < of.heads; ++h)
    for (int64_t n = 0; n < of.keys(); n += 32)
      for (int64_t e = 0; e < of.width; e += 16) {
        const __mmask16 mask = upTo(of.width - e);
        for (int64_t r = n; r < n + 32; r += 2, to += 32) {
          const BFloat16* from = values[r] + h * of.width + e;
          __m512i even = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(r < of.tokens ? mask : 0, from));
          __m512i odd = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(r + 1 < of.tokens ? mask : 0, from + values.pitch));
          _mm512_storeu_si512(to, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
        }
      }
}

// scores[32][keys] = queries · keysᵀ of one head
VIT_BY_TILES inline void score(int64_t depth, int64_t keys, const BFloat16* queries, const BFloat16* right, float* scores) {
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

// to[32][32] = weights · values of one head; `second` where there is another tile of 16 channels
VIT_BY_TILES inline void weigh(int64_t keys, const Narrow* weights, const BFloat16* right, int64_t across, bool second, float* to) {
  beforeTiles();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < keys; k += 32, right += across * tileNumbers) {
    _tile_loadd(4, weights + k, keys * 2);
    _tile_loadd(5, weights + 16 * keys + k, keys * 2);
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

VIT_BY_TILES inline void writeRow(const float* from, int64_t count, BFloat16* to) {
  for (int64_t e = 0; e < count; e += 16) {
    const __m256i narrow = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + e));
    _mm256_mask_storeu_epi16(to + e, upTo(count - e), narrow);
  }
}

VIT_BY_TILES void attendTile(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, int64_t rows,
                             TileRoom& room) {
  const int64_t keys = of.keys(), pitch = tileRows * keys;
  for (int64_t h = 0; h < of.heads; ++h) {
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t e = 0; e < room.depth; ++e) {
        __m512i tile[16];
        readTile({qkv[16 * half] + h * of.width + e * 32, qkv.pitch}, rows - 16 * half, of.width - e * 32, tile);
        writeTile(tile, &room.queries[(half * room.depth + e) * tileNumbers]);
      }
    score(room.depth, keys, &room.queries[0], &room.keys[h * keys / 16 * room.depth * tileNumbers], &room.scores[h * pitch]);
  }
  for (int64_t r = 0; r < rows; ++r)
    talkRow<16>(of, by, &room.scores[r * keys], pitch, &room.mixed[0], &room.factors[0], &room.weights[r * keys], pitch);
  alignas(64) float block[32 * 32];
  for (int64_t h = 0; h < of.heads; ++h)
    for (int64_t e = 0; e < of.width; e += 32) {
      const BFloat16* values = &room.values[(h * keys / 32 * room.across + e / 16) * tileNumbers];
      weigh(keys, &room.weights[h * pitch], values, room.across, of.width - e > 16, block);
      for (int64_t r = 0; r < rows; ++r) writeRow(block + r * 32, std::min<int64_t>(32, of.width - e), output[r] + h * of.width + e);
    }
}

}  // namespace

TileRoom::TileRoom(const Attention& of)
    : depth(inTiles(of.width, 32)),
      across(inTiles(of.width, 16)),
      keys(of.heads * of.keys() / 16 * depth * tileNumbers),
      values(of.heads * of.keys() / 32 * across * tileNumbers),
      queries(2 * depth * tileNumbers),
      weights(of.outputs() * tileRows * of.keys()),
      scores(of.heads * tileRows * of.keys()),
      mixed(of.outputs() * of.keys()),
      factors(of.outputs() * of.heads) {}

VIT_BY_TILES void attendByTiles(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, Span span,
                                TileRoom& room) {
  for (int64_t tile = span.begin, read = -1; tile < span.end; ++tile) {
    const int64_t image = tile / of.tiles(), first = tile % of.tiles() * tileRows, row = image * of.tokens + first;
    if (image != read) {
      const BFloat16* keys = qkv[image * of.tokens] + of.channels();
      readKeys(of, {keys, qkv.pitch}, &room.keys[0]);
      readValues(of, {keys + of.channels(), qkv.pitch}, &room.values[0]);
      read = image;
    }
    attendTile(of, by, {qkv[row], qkv.pitch}, {output[row], output.pitch}, std::min(tileRows, of.tokens - first), room);
  }
}

VIT_BY_TILES void attendByTiles(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, Span span) {
  TileRoom room(of);
  TileLayout layout;
  attendByTiles(of, by, qkv, output, span, room);
}
#else
void attendByTiles(const Attention& of, const Exchange& by, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span span) {
  attendByVectors(of, by, qkv, output, span);
}
#endif

}  // namespace vit
