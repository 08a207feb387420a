// The kernel of gram-gap.h: products of small matrices in float32, as wide as the processor's vectors.
#include "gram-gap.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "cpu.h"
#include "vectors.h"

namespace vit {

namespace {

constexpr int64_t blockRows = 32;
constexpr float least = 1e-12f;  // a shorter token is divided by this, as F.normalize does

constexpr int64_t inWhole(int64_t count, int64_t of) { return (count + of - 1) / of * of; }
constexpr int64_t laneRows = 16;  // rows and columns are filled up with zeros to whole vectors of any width

// One side of a map: tokens at unit length, as they are and transposed.
struct Side {
  const int64_t width, pitch, rows;
  Numbers<float> unit, across, lengths;  // [rows, pitch], [width, rows], [rows]

  Side(int64_t count, int64_t width)
      : width(width),
        pitch(inWhole(width, laneRows)),
        rows(inWhole(count, blockRows)),
        unit(rows * pitch),
        across(width * rows),
        lengths(rows) {}

  // `sign` goes to the transposed ones.
  void read(const Tokens<const float>& tokens, int64_t map, int64_t count, float sign) {
    for (int64_t r = 0; r < count; ++r) {
      const float* from = tokens.row(map, r);
      float sums[8] = {};
      int64_t e = 0;
      for (; e + 8 <= width; e += 8)
        for (int64_t i = 0; i < 8; ++i) sums[i] += from[e + i] * from[e + i];
      for (; e < width; ++e) sums[0] += from[e] * from[e];
      lengths[r] = std::sqrt(((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])));
      const float by = 1 / std::max(lengths[r], least);
      float* to = unit.from(r * pitch);
      for (e = 0; e < width; ++e) to[e] = from[e] * by;
    }
    for (int64_t first = 0; first < count; first += 16)  // a few rows at a time: what is written lies in few lines
      for (int64_t e = 0; e < width; ++e)
        for (int64_t r = first; r < std::min(first + 16, count); ++r) across[e * rows + r] = sign * unit[r * pitch + e];
  }
};

struct Matrix {
  const float* data;
  int64_t pitch;
};

// Some rows of to = left · right, or of to + left · right, `count` vectors of columns wide.
template <int width, int height, int count>
VIT_INLINE void part(Matrix left, Matrix right, int64_t depth, float* to, int64_t pitch, bool more) {
  Floats<width> sums[height][count];
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < count; ++c)
      if (more) load<width>(to + r * pitch + c * width, sums[r][c]);
      else sums[r][c] = Floats<width>{};
  for (int64_t k = 0; k < depth; ++k) {
    Floats<width> across[count];
#pragma GCC unroll 4
    for (int c = 0; c < count; ++c) load<width>(right.data + k * right.pitch + c * width, across[c]);
#pragma GCC unroll 8
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
      for (int c = 0; c < count; ++c) sums[r][c] += left.data[r * left.pitch + k] * across[c];
  }
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < count; ++c) store<width>(to + r * pitch + c * width, sums[r][c]);
}

// `rows` a multiple of 8, `columns` of 16
template <int width>
VIT_INLINE void multiply(int64_t rows, int64_t depth, int64_t columns, Matrix left, Matrix right, float* to, int64_t pitch, bool more) {
  constexpr int height = width == 16 ? 8 : 4;
  for (int64_t c = 0; c < columns;) {
    const bool three = columns - c >= 3 * width;
    for (int64_t r = 0; r < rows; r += height) {
      const Matrix a{left.data + r * left.pitch, left.pitch}, b{right.data + c, right.pitch};
      float* place = to + r * pitch + c;
      if (three) part<width, height, 3>(a, b, depth, place, pitch, more);
      else part<width, height, 1>(a, b, depth, place, pitch, more);
    }
    c += three ? 3 * width : width;
  }
}

struct Room {
  Side student, teacher;
  Numbers<float> gap, slope;  // [32, rows], [32, the student's pitch]

  explicit Room(const GramGap& of)
      : student(of.rows, of.student.width),
        teacher(of.rows, of.teacher.width),
        gap(blockRows * student.rows),
        slope(blockRows * student.pitch) {}
};

// A slope by the unit token as one by the token: what points along it is lost.
void writeSlope(const Side& side, int64_t row, const float* slope, float* to) {
  const float *unit = side.unit.from(row * side.pitch), length = side.lengths[row];
  float along = 0;
  if (length >= least)
    for (int64_t e = 0; e < side.width; ++e) along += unit[e] * slope[e];
  const float by = 1 / std::max(length, least);
  for (int64_t e = 0; e < side.width; ++e) to[e] = (slope[e] - unit[e] * along) * by;
}

template <int width>
VIT_INLINE double block(const GramGap& of, int64_t map, int64_t first, Room& room) {
  const Side &s = room.student, &t = room.teacher;
  const int64_t count = std::min(blockRows, of.rows - first), rows = inWhole(count, 8), columns = inWhole(of.rows, laneRows);
  float *gap = room.gap.from(0), *slope = room.slope.from(0);
  multiply<width>(rows, s.width, columns, {s.unit.from(first * s.pitch), s.pitch}, {s.across.from(0), s.rows}, gap, s.rows, false);
  multiply<width>(rows, t.width, columns, {t.unit.from(first * t.pitch), t.pitch}, {t.across.from(0), t.rows}, gap, s.rows, true);
  double sum = 0;
  for (int64_t r = 0; r < count; ++r) {
    Floats<width> squares{};
    for (int64_t c = 0; c < columns; c += width) {
      Floats<width> value;
      load<width>(gap + r * s.rows + c, value);
      squares += value * value;
    }
    sum += sumOf<width>(squares);
  }
  multiply<width>(rows, of.rows, s.pitch, {gap, s.rows}, {s.unit.from(0), s.pitch}, slope, s.pitch, false);
  for (int64_t r = 0; r < count; ++r) writeSlope(s, first + r, slope + r * s.pitch, of.slope.row(map, first + r));
  return sum;
}

using Kernel = double (*)(const GramGap&, int64_t map, int64_t first, Room&);

double blockPlainly(const GramGap& of, int64_t map, int64_t first, Room& room) { return block<4>(of, map, first, room); }

#if defined(__x86_64__)
VIT_AVX2 double blockByAvx2(const GramGap& of, int64_t map, int64_t first, Room& room) { return block<8>(of, map, first, room); }
VIT_AVX512 double blockByAvx512(const GramGap& of, int64_t map, int64_t first, Room& room) { return block<16>(of, map, first, room); }

Kernel chosen() {
  if (isa() >= Isa::avx512) return blockByAvx512;
  return isa() >= Isa::avx2 ? blockByAvx2 : blockPlainly;
}
#else
Kernel chosen() { return blockPlainly; }
#endif

}  // namespace

double gramGapOnCpu(const GramGap& of) {
  static const Kernel kernel = chosen();
  const int64_t blocks = (of.rows + blockRows - 1) / blockRows;
  std::vector<double> sums(of.maps * blocks);  // one each, added up in order: the same value for any number of threads
  at::parallel_for(0, of.maps * blocks, blocks, [&](int64_t begin, int64_t end) {
    Room room(of);
    for (int64_t i = begin, read = -1; i < end; ++i) {
      const int64_t map = i / blocks;
      if (map != read) {
        room.student.read(of.student, map, of.rows, 1);
        room.teacher.read(of.teacher, map, of.rows, -1);
        read = map;
      }
      sums[i] = kernel(of, map, i % blocks * blockRows, room);
    }
  });
  double sum = 0;
  for (double one : sums) sum += one;
  return sum;
}

}  // namespace vit
