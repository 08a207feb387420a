// Rows of bfloat16 times packed weights by the matrix unit, 32 rows by 32 columns at a time. While it works on one such block, the
// vector units finish the one before (bias, GELU, residual), so that neither waits for the other.
#pragma once
#include "packed-weights.h"
#include "talking-heads.h"
#include "tiles.h"

#if VIT_TILES
namespace vit {

// A part of a layer: of its panels of 32 outputs, and of its steps of 32 inputs.
struct Part {
  Span panels, steps;
};

inline Part whole(const PackedWeights& of) { return {{0, of.panels()}, {0, of.steps()}}; }

// `left` begins with the part's inputs. Where the numbers of a block go: finish(row, column, 32 sums), the part's columns from 0.
template <class Finish>
VIT_BY_TILES inline void multiply(Lines<const at::BFloat16> left, int64_t rows, const PackedWeights& right, const Part& part,
                                  const Finish& finish) {
  constexpr int64_t tile = 512;  // numbers of bfloat16
  alignas(64) float blocks[2][32 * 32];
  const int64_t steps = part.steps.end - part.steps.begin, panels = part.panels.end - part.panels.begin, share = (32 + steps - 1) / steps;
  const int64_t apart = right.steps() * 2 * tile;  // from panel to panel
  const float* done = nullptr;
  int64_t doneRow = 0, doneColumn = 0;
  beforeTiles();
  for (int64_t panel = 0, turn = 0; panel < panels; ++panel) {
    const at::BFloat16* weights = right.values.from((part.panels.begin + panel) * apart + part.steps.begin * 2 * tile);
    const at::BFloat16* next = weights + (panel + 1 < panels ? apart : 0);
    for (int64_t row = 0; row < rows; row += 32, turn ^= 1) {
      const at::BFloat16 *top = left[row], *bottom = left[row + 16];
      int64_t r = done ? 0 : 32;
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (int64_t k = 0; k < steps; ++k) {
        _tile_stream_loadd(4, top + k * 32, left.pitch * 2);
        _tile_stream_loadd(5, bottom + k * 32, left.pitch * 2);
        _tile_loadd(6, weights + k * 2 * tile, 64);
        _tile_loadd(7, weights + (k * 2 + 1) * tile, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        for (int64_t last = std::min<int64_t>(32, r + share); r < last; ++r) finish(doneRow + r, doneColumn, done + r * 32);
        // the next panel comes from memory meanwhile: a line a row tile and step
        const int64_t line = (row / 32 * steps + k) * 2;
        if (line < steps * 32) {
          _mm_prefetch(reinterpret_cast<const char*>(next) + line * 64, _MM_HINT_T1);
          _mm_prefetch(reinterpret_cast<const char*>(next) + line * 64 + 64, _MM_HINT_T1);
        }
      }
      float* block = blocks[turn];
      _tile_stored(0, block, 128);
      _tile_stored(1, block + 16, 128);
      _tile_stored(2, block + 16 * 32, 128);
      _tile_stored(3, block + 16 * 32 + 16, 128);
      done = block, doneRow = row, doneColumn = panel * 32;
    }
  }
  for (int64_t r = 0; done && r < 32; ++r) finish(doneRow + r, doneColumn, done + r * 32);
}

}  // namespace vit
#endif
