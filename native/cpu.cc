#include "cpu.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace vit {

namespace {

#if defined(__x86_64__)
bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

struct Leaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
  Leaf(unsigned leaf, unsigned subleaf) { __get_cpuid_count(leaf, subleaf, &a, &b, &c, &d); }
};

bool hasAvx512Bf16() { return Leaf(7, 0).a >= 1 && (Leaf(7, 1).a >> 5 & 1); }

bool hasTiles() { return (Leaf(7, 0).d >> 22 & 1) && (Leaf(7, 0).d >> 24 & 1); }  // amx_bf16, amx_tile

// Linux keeps the tiles' 8 KiB of state for those alone that ask.
bool systemLetsUs() {
#if defined(__linux__)
  constexpr int requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
#else
  return false;
#endif
}

Isa detected() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::portable;
  if (!hasAvx512()) return Isa::avx2;
  if (!hasAvx512Bf16()) return Isa::avx512;
  return hasTiles() && systemLetsUs() ? Isa::amx : Isa::avx512bf16;
}

#else
Isa detected() { return Isa::portable; }
#endif

// A name that is none caps nothing here: src/torch/cpu.ts refuses it.
Isa cap() {
  const char* asked = std::getenv("VIT_DISTILL_CPU");
  for (int i = 0; asked && i <= static_cast<int>(Isa::amx); ++i)
    if (!std::strcmp(asked, isaNames[i])) return static_cast<Isa>(i);
  return Isa::amx;
}

}  // namespace

Isa processorIsa() {
  static const Isa found = detected();
  return found;
}

Isa isa() {
  static const Isa used = std::min(processorIsa(), cap());
  return used;
}

}  // namespace vit
