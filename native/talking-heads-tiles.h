// What one thread keeps while it attends by tiles.
#pragma once
#include "talking-heads.h"
#include "tiles.h"

#if VIT_TILES
namespace vit {

// A bfloat16 that the processor rounds to by itself.
struct Narrow {
  uint16_t bits;
};

template <int width>
VIT_BY_TILES inline void store(Narrow* to, const Floats<width>& from) {
  static_assert(width == 16);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh((__m512)from));
}

struct TileRoom {
  const int64_t depth, across;                // tiles that E takes as rows of A, and as columns of B
  Numbers<at::BFloat16> keys, values;         // of one image: [H, keys / 16, depth] and [H, keys / 32, across] tiles
  Numbers<at::BFloat16> queries;              // [2, depth] tiles of one head
  Numbers<Narrow> weights;                    // [outputs, 32, keys]
  Numbers<float> scores, mixed, factors;      // [H, 32, keys], …

  explicit TileRoom(const Attention& of);
};

// The caller has laid out the tiles.
void attendByTiles(const Attention&, const Exchange&, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span, TileRoom&);

}  // namespace vit
#endif
