// The processor's matrix unit (AMX): tiles of 16 rows of 64 bytes, and C += A·B over them in bfloat16, summed in float32.
// B stands with the rows of a pair side by side: B[k / 2][n][k % 2]. https://www.intel.com/sdm, volume 1, chapter 18
#pragma once
#include "cpu.h"

#if defined(__x86_64__) && defined(__linux__) && (defined(__clang__) || __GNUC__ >= 11)
#define VIT_TILES 1
#include <immintrin.h>

// GCC 12 takes the intrinsics' own "undefined" operands for mistakes: https://gcc.gnu.org/PR105593
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"

#define VIT_BY_TILES \
  __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")))
#endif

namespace vit {

inline bool haveTiles() {
#if VIT_TILES
  return isa() == Isa::amx;
#else
  return false;
#endif
}

#if VIT_TILES
// Every thread lays its tiles out before it uses them, all as large as they can be, and leaves none behind.
class TileLayout {
 public:
  VIT_BY_TILES TileLayout() {
    alignas(64) struct {
      unsigned char palette = 1, start = 0, reserved[14] = {};
      unsigned short bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      unsigned char rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } layout;
    asm volatile("" ::"r"(&layout) : "memory");
    _tile_loadconfig(&layout);
  }
  VIT_BY_TILES ~TileLayout() { _tile_release(); }
};

// What tiles read was written before, though the compiler does not see them read it.
inline __attribute__((always_inline)) void beforeTiles() { asm volatile("" ::: "memory"); }
#endif

}  // namespace vit
