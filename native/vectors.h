// Vectors of float32, as wide as is asked for: a kernel is written once over them and compiled for every kind of processor.
#pragma once
#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#define VIT_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define VIT_AVX2 __attribute__((target("avx2,fma")))
#define VIT_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#endif

namespace vit {

template <int width>
struct Vector {
  typedef float Floats __attribute__((vector_size(width * 4), aligned(4), may_alias));
  typedef int32_t Ints __attribute__((vector_size(width * 4), aligned(4), may_alias));
  typedef uint32_t Bits __attribute__((vector_size(width * 4), aligned(4), may_alias));
  typedef uint16_t Halves __attribute__((vector_size(width * 2), aligned(2), may_alias));
};

template <int width>
using Floats = typename Vector<width>::Floats;

// Numbers that begin where a cache line does, zero at first: a vector that lies across two lines takes twice as long.
template <class T>
class Numbers {
 public:
  explicit Numbers(int64_t count) {
    const size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
    values_.reset(static_cast<T*>(std::aligned_alloc(64, bytes)));
    if (!values_ && bytes > 0) throw std::bad_alloc();
    std::memset(static_cast<void*>(values_.get()), 0, bytes);
  }
  T* from(int64_t place) const { return values_.get() + place; }
  T& operator[](int64_t place) const { return values_.get()[place]; }
  bool empty() const { return !values_; }
  Numbers() = default;

 private:
  struct Free {
    void operator()(T* values) const { std::free(values); }
  };
  std::unique_ptr<T[], Free> values_;
};

// Where a vector goes by reference, because how one is passed depends on the processor.

template <int width>
VIT_INLINE void load(const float* from, Floats<width>& to) {
  to = *reinterpret_cast<const Floats<width>*>(from);
}

template <int width>
VIT_INLINE void load(const c10::BFloat16* from, Floats<width>& to) {
  using V = Vector<width>;
  to = (Floats<width>)(__builtin_convertvector(*reinterpret_cast<const typename V::Halves*>(from), typename V::Bits) << 16);
}

template <int width>
VIT_INLINE void store(float* to, const Floats<width>& from) {
  *reinterpret_cast<Floats<width>*>(to) = from;
}

// to the nearest, ties to even; a NaN stays one
template <int width>
VIT_INLINE void store(c10::BFloat16* to, const Floats<width>& from) {
  using V = Vector<width>;
  typename V::Bits bits = (typename V::Bits)from;
  typename V::Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  typename V::Bits result = from == from ? rounded : typename V::Bits{} + 0x7fc0;
  *reinterpret_cast<typename V::Halves*>(to) = __builtin_convertvector(result, typename V::Halves);
}

#if defined(__clang__)
#define VIT_SHUFFLE(vector, places) __builtin_shufflevector(vector, places)
#else
#define VIT_SHUFFLE(vector, places) __builtin_shuffle(vector, places)
#endif

// `to` gets in every lane what `of` has in the lane that is `distance` away, in pairs.
template <int width>
VIT_INLINE void swap(const Floats<width>& of, int distance, Floats<width>& to) {
  typename Vector<width>::Ints places;
  for (int i = 0; i < width; ++i) places[i] = i ^ distance;
  to = VIT_SHUFFLE(of, places);
}

template <int width>
VIT_INLINE float sumOf(const Floats<width>& all) {
  Floats<width> of = all;
#pragma GCC unroll 5
  for (int distance = width / 2; distance > 0; distance /= 2) {
    Floats<width> other;
    swap<width>(of, distance, other);
    of += other;
  }
  return of[0];
}

template <int width>
VIT_INLINE float largestOf(const Floats<width>& all) {
  Floats<width> of = all;
#pragma GCC unroll 5
  for (int distance = width / 2; distance > 0; distance /= 2) {
    Floats<width> other;
    swap<width>(of, distance, other);
    of = other > of ? other : of;
  }
  return of[0];
}

// 2 to the power of x ≤ 0, to float32's precision; a NaN stays a NaN. Below -100 it stays at that, which no sum of such powers
// notices: numbers so small that the processor has to treat them apart would take a hundred times as long.
template <int width>
VIT_INLINE void power2(Floats<width>& x) {
  using V = Vector<width>;
  constexpr float toWhole = 12582912;  // 1.5 · 2²³: added and taken away again it rounds
  const Floats<width> least = Floats<width>{} - 100;
  x = x < least ? least : x;
  const Floats<width> shifted = x + toWhole, f = x - (shifted - toWhole);
  const Floats<width> whole = (Floats<width>)(((typename V::Bits)shifted << 23) + (127u << 23));
  Floats<width> sum = f * 1.5403530e-4f + 1.3333558e-3f;  // ln(2)ⁿ / n!
  sum = sum * f + 9.6181291e-3f;
  sum = sum * f + 5.5504109e-2f;
  sum = sum * f + 0.24022651f;
  sum = sum * f + 0.69314718f;
  x = (sum * f + 1) * whole;
}

}  // namespace vit
