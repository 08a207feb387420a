#include "attention-gradient.h"

#include "attention-tiles.h"
#include "talking-heads-row.h"

namespace vit {

#if VIT_TILES
namespace {

using at::BFloat16;

constexpr int64_t bandRows = 256;

VIT_BY_TILES inline void narrow(BFloat16* to, __m512 value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(value)); }

// One query's P and dS from its scores and what its gradient makes of every value.
VIT_BY_TILES inline void slopeRow(const Attention& of, const Exchange& by, const float* scores, const float* matches, float* mixed,
                                  BFloat16* weights, BFloat16* slopes) {
  const int64_t keys = of.keys();
  const __m512 share = _mm512_set1_ps(powers<16>(keys, scaleAlone<16>(of, by, scores, mixed), mixed));
  __m512 sum = _mm512_setzero_ps();
  for (int64_t x = 0; x < keys; x += 16) {
    const __m512 weight = _mm512_mul_ps(_mm512_load_ps(mixed + x), share);
    sum = _mm512_fmadd_ps(weight, _mm512_load_ps(matches + x), sum);
    _mm512_store_ps(mixed + x, weight);
    narrow(weights + x, weight);
  }
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum)), scale = _mm512_set1_ps(1 / __builtin_sqrtf(of.width));
  const __m512 least = _mm512_set1_ps(1e-20f);  // the slope of a smaller weight may be a number that the processor treats apart
  for (int64_t x = 0; x < keys; x += 16) {
    const __m512 gap = _mm512_sub_ps(_mm512_load_ps(matches + x), mean), weight = _mm512_load_ps(mixed + x);
    const __mmask16 counts = _mm512_cmp_ps_mask(weight, least, _CMP_NLT_UQ);
    narrow(slopes + x, _mm512_maskz_mul_ps(counts, _mm512_mul_ps(gap, scale), weight));
  }
}

// 32 rows to 32 columns
VIT_BY_TILES inline void turnRows(const BFloat16* from, int64_t keys, int64_t rows, BFloat16* to, int64_t pitch) {
  for (int64_t n = 0; n < keys; n += 16) {
    __m512i tile[16];
    readPairs({from + n, keys}, rows, 16, tile);
    turn(tile);
    writeTile(tile, to + n * pitch, pitch);
  }
}

// sums[keys][E] += turned · down, over the rows of a band
VIT_BY_TILES inline void addBand(const Attention& of, const Numbers<BFloat16>& turned, int64_t pitch, int64_t rows, const BFloat16* down,
                                 int64_t across, const Numbers<float>& sums) {
  alignas(64) float block[32 * 32];
  const int64_t columns = across * 16;
  for (int64_t n = 0; n < of.keys(); n += 32)
    for (int64_t e = 0; e < of.width; e += 32) {
      const bool second = of.width - e > 16;
      weigh(Lines<const BFloat16>{turned.from(n * pitch), pitch}, rows, down + e / 16 * tileNumbers, across, second, block);
      for (int64_t r = 0; r < 32; ++r)
        for (int64_t half = 0; half <= second; ++half) {
          float* to = sums.from((n + r) * columns + e + 16 * half);
          _mm512_store_ps(to, _mm512_add_ps(_mm512_load_ps(to), _mm512_load_ps(block + r * 32 + 16 * half)));
        }
    }
}

VIT_BY_TILES void headGradient(const Attention& of, Lines<const BFloat16> qkv, Lines<const BFloat16> gradient, Lines<BFloat16> to,
                               const Exchange& by, AttentionGradientRoom& room) {
  const int64_t keys = of.keys(), columns = room.across * 16;
  const Lines<const BFloat16> k{qkv[0] + of.channels(), qkv.pitch}, v{k[0] + of.channels(), qkv.pitch};
  readAcross(of, k, &room.keys[0]);
  readAcross(of, v, &room.values[0]);
  readDown(of, k, &room.keysDown[0]);
  readDown(of, qkv, &room.queries[0]);
  readDown(of, gradient, &room.gradients[0]);
  std::fill_n(&room.keySums[0], keys * columns, 0.f);
  std::fill_n(&room.valueSums[0], keys * columns, 0.f);
  alignas(64) float block[32 * 32];
  for (int64_t band = 0; band < of.tokens; band += bandRows) {
    const int64_t end = std::min(band + bandRows, of.tokens);
    for (int64_t first = band; first < end; first += 32) {
      const int64_t rows = std::min<int64_t>(32, end - first);
      readQueries({qkv[first], qkv.pitch}, rows, of.width, &room.left[0]);
      score(room.depth, keys, &room.left[0], &room.keys[0], &room.scores[0]);
      readQueries({gradient[first], gradient.pitch}, rows, of.width, &room.left[0]);
      score(room.depth, keys, &room.left[0], &room.values[0], &room.matches[0]);
      for (int64_t r = 0; r < rows; ++r)
        slopeRow(of, by, &room.scores[r * keys], &room.matches[r * keys], &room.mixed[0], &room.weights[r * keys], &room.slopes[r * keys]);
      turnRows(&room.weights[0], keys, rows, &room.weightsTurned[first - band], room.pitch);
      turnRows(&room.slopes[0], keys, rows, &room.slopesTurned[first - band], room.pitch);
      for (int64_t e = 0; e < of.width; e += 32) {
        weigh(Lines<const BFloat16>{&room.slopes[0], keys}, keys, &room.keysDown[e / 16 * tileNumbers], room.across, of.width - e > 16, block);
        for (int64_t r = 0; r < rows; ++r) writeRow(block + r * 32, std::min<int64_t>(32, of.width - e), to[first + r] + e);
      }
    }
    const int64_t below = band / 32 * room.across * tileNumbers;
    addBand(of, room.slopesTurned, room.pitch, end - band, &room.queries[below], room.across, room.keySums);
    addBand(of, room.weightsTurned, room.pitch, end - band, &room.gradients[below], room.across, room.valueSums);
  }
  for (int64_t n = 0; n < of.tokens; ++n) {
    writeRow(&room.keySums[n * columns], of.width, to[n] + of.channels());
    writeRow(&room.valueSums[n * columns], of.width, to[n] + 2 * of.channels());
  }
}

}  // namespace

AttentionGradientRoom::AttentionGradientRoom(const Attention& of)
    : depth(inTiles(of.width, 32)),
      across(inTiles(of.width, 16)),
      pitch(std::min(bandRows, of.keys()) | 32),
      keys(of.keys() / 16 * depth * tileNumbers),
      values(of.keys() / 16 * depth * tileNumbers),
      keysDown(of.keys() / 32 * across * tileNumbers),
      queries(of.keys() / 32 * across * tileNumbers),
      gradients(of.keys() / 32 * across * tileNumbers),
      left(2 * depth * tileNumbers),
      weights(tileRows * of.keys()),
      slopes(tileRows * of.keys()),
      weightsTurned(of.keys() * pitch),
      slopesTurned(of.keys() * pitch),
      scores(tileRows * of.keys()),
      matches(tileRows * of.keys()),
      mixed(of.keys()),
      keySums(of.keys() * across * 16),
      valueSums(of.keys() * across * 16) {}

VIT_BY_TILES void attentionGradient(const Attention& of, Lines<const BFloat16> qkv, Lines<const BFloat16> gradient, Lines<BFloat16> to,
                                    const Exchange& by, AttentionGradientRoom& room) {
  for (int64_t h = 0; h < of.heads; ++h) {
    const int64_t e = h * of.width;
    headGradient(of, {qkv[0] + e, qkv.pitch}, {gradient[0] + e, gradient.pitch}, {to[0] + e, to.pitch}, by, room);
  }
}
#endif

}  // namespace vit
