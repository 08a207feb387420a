#include "tiles.h"

#if VIT_TILES
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace vit {

#if VIT_TILES
namespace {

bool processorHasTiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const bool tiles = (d >> 22 & 1) && (d >> 24 & 1);                                        // amx_bf16, amx_tile
  const bool vectors = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1);  // avx512 f, dq, bw, vl
  if (!tiles || !vectors || a < 1 || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return false;
  return a >> 5 & 1;  // avx512_bf16
}

// Linux keeps the tiles' 8 KiB of state for those alone that ask.
bool systemLetsUs() {
  constexpr int requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

}  // namespace

bool haveTiles() {
  static const bool have = processorHasTiles() && systemLetsUs();
  return have;
}
#else
bool haveTiles() { return false; }
#endif

}  // namespace vit
