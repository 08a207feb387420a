// Talking heads by vectors of float32, for every processor: exact to float32's precision, bfloat16 is widened first.
#include "cpu.h"
#include "talking-heads-row.h"

namespace vit {

namespace {

struct Room {
  Numbers<float> keys, values;                     // [H, columns, keys] and [H, keys, columns], of one image
  Numbers<float> queries, scores, weights, output;  // of a tile
  Numbers<float> mixed, factors;

  explicit Room(const Attention& of)
      : keys(of.heads * of.width * of.keys()),
        values(of.heads * of.keys() * of.columns()),
        queries(tileRows * of.width),
        scores(of.outputs() * tileRows * of.keys()),
        weights(of.outputs() * tileRows * of.keys()),
        output(tileRows * of.columns()),
        mixed(of.outputs() * of.keys()),
        factors(of.outputs() * of.heads) {}
};

// to[r][x] = Σ over k of left[r][k] · right[k][x]; rows a multiple of 4, columns of 32.
template <int width>
VIT_INLINE void multiply(int64_t rows, int64_t depth, int64_t columns, const float* left, int64_t leftPitch, const float* right,
                         float* to) {
  for (int64_t x = 0; x < columns; x += 2 * width)
    for (int64_t r = 0; r < rows; r += 4) {
      Floats<width> sums[4][2] = {};
      for (int64_t k = 0; k < depth; ++k) {
        Floats<width> one, two;
        load<width>(right + k * columns + x, one);
        load<width>(right + k * columns + x + width, two);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          sums[i][0] += left[(r + i) * leftPitch + k] * one;
          sums[i][1] += left[(r + i) * leftPitch + k] * two;
        }
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        store<width>(to + (r + i) * columns + x, sums[i][0]);
        store<width>(to + (r + i) * columns + x + width, sums[i][1]);
      }
    }
}

template <class T>
VIT_INLINE void readImage(const Attention& of, Lines<const T> qkv, int64_t image, Room& room) {
  const int64_t keys = of.keys(), columns = of.columns();
  for (int64_t n = 0; n < of.tokens; ++n) {
    const T* k = qkv[image * of.tokens + n] + of.channels();
    const T* v = k + of.channels();
    for (int64_t h = 0; h < of.heads; ++h)
      for (int64_t e = 0; e < of.width; ++e) {
        room.keys[(h * of.width + e) * keys + n] = k[h * of.width + e];
        room.values[(h * keys + n) * columns + e] = v[h * of.width + e];
      }
  }
}

template <int width, class T>
VIT_INLINE void attendTile(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, int64_t rows,
                           Room& room) {
  const int64_t keys = of.keys(), columns = of.columns(), pitch = tileRows * keys;
  for (int64_t h = 0; h < of.heads; ++h) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t e = 0; e < of.width; ++e) room.queries[r * of.width + e] = qkv[r][h * of.width + e];
    multiply<width>(tileRows, of.width, keys, &room.queries[0], of.width, &room.keys[h * of.width * keys], &room.scores[h * pitch]);
  }
  for (int64_t r = 0; r < rows; ++r)
    talkRow<width>(of, by, &room.scores[r * keys], pitch, &room.mixed[0], &room.factors[0], &room.weights[r * keys], pitch);
  for (int64_t h = 0; h < of.heads; ++h) {
    multiply<width>(tileRows, of.tokens, columns, &room.weights[h * pitch], keys, &room.values[h * keys * columns], &room.output[0]);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t e = 0; e < of.width; ++e) output[r][h * of.width + e] = room.output[r * columns + e];
  }
}

template <int width, class T>
VIT_INLINE void attend(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, Span span, Room& room) {
  for (int64_t tile = span.begin, read = -1; tile < span.end; ++tile) {
    const int64_t image = tile / of.tiles(), first = tile % of.tiles() * tileRows;
    if (image != read) readImage(of, qkv, read = image, room);
    const int64_t row = image * of.tokens + first, rows = std::min(tileRows, of.tokens - first);
    attendTile<width>(of, by, Lines<const T>{qkv[row], qkv.pitch}, Lines<T>{output[row], output.pitch}, rows, room);
  }
}

template <class T>
void attendPlainly(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, Span span, Room& room) {
  attend<4>(of, by, qkv, output, span, room);
}

#if defined(__x86_64__)
template <class T>
VIT_AVX2 void attendByAvx2(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, Span span, Room& room) {
  attend<8>(of, by, qkv, output, span, room);
}

template <class T>
VIT_AVX512 void attendByAvx512(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, Span span, Room& room) {
  attend<16>(of, by, qkv, output, span, room);
}

template <class T>
auto chosen() {
  if (isa() >= Isa::avx512) return &attendByAvx512<T>;
  return isa() >= Isa::avx2 ? &attendByAvx2<T> : &attendPlainly<T>;
}
#else
template <class T>
auto chosen() {
  return &attendPlainly<T>;
}
#endif

template <class T>
void run(const Attention& of, const Exchange& by, Lines<const T> qkv, Lines<T> output, Span span) {
  static const auto kernel = chosen<T>();
  Room room(of);
  kernel(of, by, qkv, output, span, room);
}

}  // namespace

void attendByVectors(const Attention& of, const Exchange& by, Lines<const float> qkv, Lines<float> output, Span span) {
  run(of, by, qkv, output, span);
}

void attendByVectors(const Attention& of, const Exchange& by, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span span) {
  run(of, by, qkv, output, span);
}

}  // namespace vit
