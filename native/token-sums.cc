#include "token-sums.h"

#include "tile-layouts.h"

namespace vit {

#if VIT_TILES
namespace {

using at::BFloat16;

VIT_BY_TILES inline void addBlock(const BFloat16* left, const BFloat16* right, int64_t steps, float* to, int64_t pitch) {
  _tile_loadd(0, to, pitch * 4);
  _tile_loadd(1, to + 16, pitch * 4);
  _tile_loadd(2, to + 16 * pitch, pitch * 4);
  _tile_loadd(3, to + 16 * pitch + 16, pitch * 4);
  for (int64_t k = 0; k < steps; ++k, left += 2 * tileNumbers, right += 2 * tileNumbers) {
    _tile_loadd(4, left, 64);
    _tile_loadd(5, left + tileNumbers, 64);
    _tile_loadd(6, right, 64);
    _tile_loadd(7, right + tileNumbers, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, to, pitch * 4);
  _tile_stored(1, to + 16, pitch * 4);
  _tile_stored(2, to + 16 * pitch, pitch * 4);
  _tile_stored(3, to + 16 * pitch + 16, pitch * 4);
}

// 32 channels' sums: products with ones
VIT_BY_TILES inline void addSums(const BFloat16* left, int64_t steps, float* to) {
  const __m512bh ones = (__m512bh)_mm512_set1_epi16(0x3f80);
  for (int64_t half = 0; half < 2; ++half) {
    __m512 sums[16] = {};
    for (int64_t k = 0; k < steps; ++k)
#pragma GCC unroll 16
      for (int r = 0; r < 16; ++r)
        sums[r] = _mm512_dpbf16_ps(sums[r], (__m512bh)_mm512_loadu_si512(left + (2 * k + half) * tileNumbers + r * 32), ones);
    for (int r = 0; r < 16; ++r) to[half * 16 + r] += _mm512_reduce_add_ps(sums[r]);
  }
}

}  // namespace

VIT_BY_TILES void layOut(Lines<const BFloat16> from, int64_t rows, int64_t channels, As side, const TokenPanels& to, int64_t panel,
                         int64_t step, int64_t steps) {
  for (int64_t c = 0; c < channels; c += 32, ++panel)
    for (int64_t k = 0; k < steps; ++k)
      for (int64_t half = 0; half < 2; ++half) {
        const int64_t channel = c + half * 16;
        __m512i tile[16];
        readPairs({from[k * 32] + channel, from.pitch}, rows - k * 32, channels - channel, tile);
        if (side == As::Rows) turn(tile);
        writeTile(tile, to.from(panel, step + k) + half * tileNumbers);
      }
}

VIT_BY_TILES void addTokens(const TokenSums& of, int64_t steps, Span blocks) {
  TileLayout layout;
  beforeTiles();
  const int64_t down = of.left.panels, across = of.right.panels, pitch = 32 * across;
  for (int64_t block = blocks.begin; block < blocks.end; ++block) {
    // the side with fewer panels is read again and again: it is the one that may stay in the cache
    const int64_t row = down < across ? block % down : block / across, column = down < across ? block / down : block % across;
    addBlock(of.left.from(row, 0), of.right.from(column, 0), steps, of.products + row * 32 * pitch + column * 32, pitch);
    if (column == 0) addSums(of.left.from(row, 0), steps, of.sums + row * 32);
  }
}
#else
void addTokens(const TokenSums&, int64_t, Span) { TORCH_CHECK(false, "this build has no matrix unit"); }
#endif

}  // namespace vit
