// Sums of products of rows in whole vectors, for whichever processor the build meets: the inner loop of involution.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "cpu.h"

namespace vit {

constexpr int64_t laneBytes = 32;  // a vector's; the compiler makes two of it where the processor's are narrower

template <class T>
constexpr int64_t lanes = laneBytes / sizeof(T);

template <class T>
constexpr int64_t inLanes(int64_t count) {
  return (count + lanes<T> - 1) / lanes<T> * lanes<T>;
}

// Rows of numbers, zero where nothing was written.
template <class T>
struct Rows {
  const int64_t pitch;
  std::vector<T> values;

  Rows(int64_t count, int64_t pitch) : pitch(pitch), values(count * pitch) {}
  T* operator[](int64_t row) { return values.data() + row * pitch; }
};

// results[r][x] = Σ over terms t of left[t.left + x] · right[t.right + r + x], for whole rows x.
template <class T>
class RowProducts {
 public:
  void term(int64_t left, int64_t right) { terms_.push_back({left, right}); }
  void result(int64_t right) { results_.push_back(right); }
  void clear() {
    terms_.clear();
    results_.clear();
  }

  void sum(const T* left, const T* right, Rows<T>& results) const {
    static const auto run = chosen();
    (this->*run)(left, right, results);
  }

 private:
  struct Term {
    int64_t left, right;
  };

  // sums that stand in registers side by side: as many as it takes to hide how long an addition lasts
  static constexpr int64_t abreast = 8;

  template <int64_t count>
  inline __attribute__((always_inline)) void sumBlock(const T* left, const T* right, int64_t first, T* to, int64_t pitch) const {
    typedef T Lanes __attribute__((vector_size(laneBytes), aligned(sizeof(T)), may_alias));
    const T* from[count];
    Lanes sums[count];
#pragma GCC unroll 8
    for (int64_t r = 0; r < count; ++r) {
      from[r] = right + results_[first + r];
      sums[r] = Lanes{};
    }
    for (const Term& term : terms_) {
      Lanes factor = *reinterpret_cast<const Lanes*>(left + term.left);
#pragma GCC unroll 8
      for (int64_t r = 0; r < count; ++r) sums[r] += factor * *reinterpret_cast<const Lanes*>(from[r] + term.right);
    }
#pragma GCC unroll 8
    for (int64_t r = 0; r < count; ++r) *reinterpret_cast<Lanes*>(to + r * pitch) = sums[r];
  }

  inline __attribute__((always_inline)) void sumAll(const T* left, const T* right, Rows<T>& results) const {
    const int64_t count = results_.size(), pitch = results.pitch;
    for (int64_t x = 0; x < pitch; x += lanes<T>) {
      int64_t r = 0;
      for (; r + abreast <= count; r += abreast) sumBlock<abreast>(left + x, right + x, r, results[r] + x, pitch);
      for (; r < count; ++r) sumBlock<1>(left + x, right + x, r, results[r] + x, pitch);
    }
  }

  using Run = void (RowProducts::*)(const T*, const T*, Rows<T>&) const;

  void sumPlainly(const T* left, const T* right, Rows<T>& results) const { sumAll(left, right, results); }
#if defined(__x86_64__)
  __attribute__((target("avx2,fma"))) void sumByAvx2(const T* left, const T* right, Rows<T>& results) const {
    sumAll(left, right, results);
  }
  __attribute__((target("avx512f,avx512vl,fma"))) void sumByAvx512(const T* left, const T* right, Rows<T>& results) const {
    sumAll(left, right, results);
  }
  static Run chosen() {
    if (isa() >= Isa::avx512) return &RowProducts::sumByAvx512;
    return isa() >= Isa::avx2 ? &RowProducts::sumByAvx2 : &RowProducts::sumPlainly;
  }
#else
  static Run chosen() { return &RowProducts::sumPlainly; }
#endif

  std::vector<Term> terms_;
  std::vector<int64_t> results_;
};

}  // namespace vit
