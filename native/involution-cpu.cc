// Involution on the CPU, one group of one picture at a time: every derivative is a sum of products of rows.
#include "involution.h"

#include <ATen/Dispatch.h>
#include <ATen/OpMathType.h>
#include <ATen/Parallel.h>

#include "row-products.h"

namespace vit {

namespace {

using at::Tensor;

constexpr int64_t worthAThread = 1 << 16;  // products

constexpr int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class To, class From>
void copyRow(To* to, const From* from, int64_t count) {
  std::copy(from, from + count, to);
}

// One row of the map for every tap's weights.
template <class T, class S>
void readTaps(const Involution& of, int64_t y, const S* weight, Rows<T>& rows, int64_t column = 0) {
  for (int64_t t = 0; t < of.taps(); ++t)
    copyRow(rows[t] + column, weight + (t * of.outHeight + y) * of.outWidth, of.outWidth);
}

// The padded input, its columns sorted by their remainder modulo the stride: what a tap reads for neighbouring positions
// are neighbours then, whatever the stride.
template <class T>
class Map {
 public:
  explicit Map(const Involution& of)
      : of_(of),
        height_((of.outHeight - 1) * of.stride + of.kernelHeight),
        phases_(std::min(of.stride, of.kernelWidth)),
        rows_(of.channels * height_ * phases_, inLanes<T>(of.outWidth) + (of.kernelWidth - 1) / of.stride) {}

  template <class S>
  void read(const S* input) {
    for (int64_t c = 0; c < of_.channels; ++c)
      for (int64_t y = 0; y < std::min(of_.height, height_ - of_.padding); ++y)
        readRow((c * height_ + y + of_.padding) * phases_, input + (c * of_.height + y) * of_.width);
  }

  const T* row(int64_t y) { return rows_[y * phases_]; }
  int64_t channel(int64_t c) const { return c * height_ * phases_ * rows_.pitch; }
  int64_t tap(int64_t u, int64_t v) const { return (u * phases_ + v % of_.stride) * rows_.pitch + v / of_.stride; }

 private:
  template <class S>
  void readRow(int64_t row, const S* from) {
    for (int64_t phase = 0; phase < phases_; ++phase) {
      int64_t shift = phase - of_.padding;  // place · stride + shift is the input's column
      int64_t begin = std::max<int64_t>(0, divideUp(-shift, of_.stride));
      int64_t end = std::min(rows_.pitch, divideUp(of_.width - shift, of_.stride));
      T* to = rows_[row + phase];
      if (of_.stride == 1 && begin < end) copyRow(to + begin, from + begin + shift, end - begin);
      else for (int64_t x = begin; x < end; ++x) to[x] = from[x * of_.stride + shift];
    }
  }

  const Involution of_;
  const int64_t height_, phases_;
  Rows<T> rows_;
};

// Each of the three makes its derivative for one group of one picture; what it allocates serves the next group again.

template <class S, class T>
class ByOutput {
 public:
  explicit ByOutput(const Involution& of)
      : of_(of), map_(of), weights_(of.taps(), inLanes<T>(of.outWidth)), results_(of.channels, inLanes<T>(of.outWidth)) {
    for (int64_t t = 0; t < of.taps(); ++t)
      products_.term(t * weights_.pitch, map_.tap(t / of.kernelWidth, t % of.kernelWidth));
    for (int64_t c = 0; c < of.channels; ++c) products_.result(map_.channel(c));
  }

  void operator()(S* output, const S* input, const S* weight) {
    map_.read(input);
    for (int64_t y = 0; y < of_.outHeight; ++y) {
      readTaps(of_, y, weight, weights_);
      products_.sum(weights_[0], map_.row(y * of_.stride), results_);
      for (int64_t c = 0; c < of_.channels; ++c)
        copyRow(output + (c * of_.outHeight + y) * of_.outWidth, results_[c], of_.outWidth);
    }
  }

 private:
  const Involution of_;
  Map<T> map_;
  Rows<T> weights_, results_;
  RowProducts<T> products_;
};

template <class S, class T>
class ByWeight {
 public:
  explicit ByWeight(const Involution& of)
      : of_(of), map_(of), outputs_(of.channels, inLanes<T>(of.outWidth)), results_(of.taps(), inLanes<T>(of.outWidth)) {
    for (int64_t c = 0; c < of.channels; ++c) products_.term(c * outputs_.pitch, map_.channel(c));
    for (int64_t t = 0; t < of.taps(); ++t) products_.result(map_.tap(t / of.kernelWidth, t % of.kernelWidth));
  }

  void operator()(S* weight, const S* output, const S* input) {
    map_.read(input);
    for (int64_t y = 0; y < of_.outHeight; ++y) {
      for (int64_t c = 0; c < of_.channels; ++c)
        copyRow(outputs_[c], output + (c * of_.outHeight + y) * of_.outWidth, of_.outWidth);
      products_.sum(outputs_[0], map_.row(y * of_.stride), results_);
      for (int64_t t = 0; t < of_.taps(); ++t)
        copyRow(weight + (t * of_.outHeight + y) * of_.outWidth, results_[t], of_.outWidth);
    }
  }

 private:
  const Involution of_;
  Map<T> map_;
  Rows<T> outputs_, results_;
  RowProducts<T> products_;
};

// Gathers: at an input's place come together the taps of the positions that read it. Column c of the padded input is read
// by tap v at position x where x · stride + v = c, so that columns of one remainder have the same taps.
template <class S, class T>
class ByInput {
 public:
  explicit ByInput(const Involution& of)
      : of_(of),
        margin_((of.kernelWidth - 1) / of.stride),
        results_(of.channels, inLanes<T>(divideUp(of.width, of.stride))),
        outputs_(of.channels * of.outHeight, margin_ + std::max(of.outWidth, divideUp(of.padding, of.stride) + results_.pitch)),
        weights_(of.taps(), outputs_.pitch) {}

  void operator()(S* input, const S* output, const S* weight) {
    for (int64_t row = 0; row < of_.channels * of_.outHeight; ++row)
      copyRow(outputs_[row] + margin_, output + row * of_.outWidth, of_.outWidth);
    for (int64_t y = 0; y < of_.height; ++y) {
      readWeights(y + of_.padding, weight);
      for (int64_t phase = 0; phase < of_.stride; ++phase) sumPhase(y, phase, input + y * of_.width);
    }
  }

 private:
  // The weights of all taps that read this row of the padded input, each from the row of positions that it does so for.
  void readWeights(int64_t row, const S* weight) {
    for (int64_t u = 0; u < of_.kernelHeight; ++u) {
      if (!reads(u, row)) continue;
      for (int64_t t = u * of_.kernelWidth; t < (u + 1) * of_.kernelWidth; ++t)
        copyRow(weights_[t] + margin_, weight + (t * of_.outHeight + (row - u) / of_.stride) * of_.outWidth, of_.outWidth);
    }
  }

  bool reads(int64_t u, int64_t row) const {
    return row >= u && (row - u) % of_.stride == 0 && (row - u) / of_.stride < of_.outHeight;
  }

  void sumPhase(int64_t y, int64_t phase, S* input) {
    int64_t shift = phase - of_.padding;  // place · stride + shift is the input's column
    int64_t begin = std::max<int64_t>(0, divideUp(-shift, of_.stride));
    int64_t end = divideUp(of_.width - shift, of_.stride);
    products_.clear();
    for (int64_t c = 0; c < of_.channels; ++c) products_.result(c * of_.outHeight * outputs_.pitch);
    for (int64_t u = 0; u < of_.kernelHeight; ++u) {
      if (!reads(u, y + of_.padding)) continue;
      for (int64_t v = phase; v < of_.kernelWidth; v += of_.stride) {
        int64_t at = margin_ + begin - v / of_.stride;
        products_.term((u * of_.kernelWidth + v) * weights_.pitch + at, (y + of_.padding - u) / of_.stride * outputs_.pitch + at);
      }
    }
    products_.sum(weights_[0], outputs_[0], results_);
    for (int64_t c = 0; c < of_.channels; ++c)
      for (int64_t x = begin; x < end; ++x) input[c * of_.height * of_.width + x * of_.stride + shift] = results_[c][x - begin];
  }

  const Involution of_;
  const int64_t margin_;
  Rows<T> results_, outputs_, weights_;
  RowProducts<T> products_;
};

template <class Derivative, class S>
void eachGroup(const Involution& of, const Tensor& result, const Tensor& first, const Tensor& second) {
  int64_t groups = of.batch * of.groups;
  if (result.numel() == 0) return;
  auto sizeIn = [&](const Tensor& tensor) { return tensor.numel() / groups; };
  auto products = of.channels * of.taps() * of.outHeight * of.outWidth;
  S* to = result.data_ptr<S>();
  const S *a = first.data_ptr<S>(), *b = second.data_ptr<S>();
  at::parallel_for(0, groups, divideUp(worthAThread, products), [&](int64_t begin, int64_t end) {
    Derivative derivative(of);
    for (int64_t g = begin; g < end; ++g) derivative(to + g * sizeIn(result), a + g * sizeIn(first), b + g * sizeIn(second));
  });
}

}  // namespace

Tensor involutionOnCpu(const Involution& of, Side by, const Tensor& first, const Tensor& second) {
  Tensor a = first.contiguous(), b = second.contiguous(), result = at::empty(of.shapeOf(by), a.options());
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kBFloat16, at::kHalf, a.scalar_type(), "involution", [&] {
    using Sum = at::opmath_type<scalar_t>;
    switch (by) {
      case Side::Output: return eachGroup<ByOutput<scalar_t, Sum>, scalar_t>(of, result, a, b);
      case Side::Input: return eachGroup<ByInput<scalar_t, Sum>, scalar_t>(of, result, a, b);
      case Side::Weight: return eachGroup<ByWeight<scalar_t, Sum>, scalar_t>(of, result, a, b);
    }
  });
  return result;
}

}  // namespace vit
