// Which instruction set our kernels use: the processor's, or a lower one where VIT_DISTILL_CPU asks for it. src/torch/cpu.ts does the same
// for libtorch's libraries, by the variables that they read.
#pragma once

namespace vit {

// Each has all that those before it have. avx2: with fma. avx512: f, bw, dq and vl. amx: tiles of bfloat16, and the system lets us.
enum class Isa { portable, avx2, avx512, avx512bf16, amx };

constexpr const char* isaNames[] = {"portable", "avx2", "avx512", "avx512bf16", "amx"};

// The processor's.
Isa processorIsa();

// The one to use. Asks processor and environment once.
Isa isa();

}  // namespace vit
