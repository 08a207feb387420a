// Resizing to the byte as src/data/resample.ts says, of a picture that comes in strips of rows, so that nobody has to hold all of it.
#pragma once
#include <algorithm>
#include <vector>

#include "pixels.h"

// Where each position's taps begin in the picture, and their weights, `count` for each position.
struct Taps {
  const int32_t* first;
  const int32_t* weights;
  size_t count;
  size_t positions;

  // The rows or columns that are asked for; `first` only grows.
  size_t begin() const { return first[0]; }
  size_t end() const { return first[positions - 1] + count; }
  size_t span() const { return end() - begin(); }
};

class Resampling {
 public:
  static constexpr size_t most = 64;  // rows of a strip, and bytes that are summed side by side

  Resampling(const Taps& across, const Taps& down, size_t channels);

  // The next rows of the columns that are asked for, packed [rows, columns, C]; all but the last strip have `most` of them.
  void take(const uint8_t* rows, size_t stride, size_t count);

  // All rows were taken: the picture [C, down's positions, across' positions].
  void finish(uint8_t* out) const;

  const Taps across, down;
  const size_t channels;

 private:
  const size_t stride_;
  size_t taken_ = 0;
  std::vector<uint8_t> turned_;   // [columns, C, most]: a strip on its side
  std::vector<uint8_t> between_;  // [C, rows, stride]: after the pass across
};

// The taps that JavaScript gave as (first, weights, count), from argument i on.
inline Taps tapsOf(const Arguments& given, size_t i) {
  const auto [first, positions] = given.array<int32_t>(i);
  return {first, given.array<int32_t>(i + 1).data, given.whole(i + 2), positions};
}
