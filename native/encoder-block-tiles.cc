// A transformer's block by the matrix unit: the products there, norms and what follows a product by vectors.
#include "encoder-block.h"

#include <cmath>

#include "multiply-tiles.h"
#include "talking-heads-tiles.h"

namespace vit {

#if VIT_TILES
namespace {

using at::BFloat16;

VIT_BY_TILES inline __mmask16 upTo(int64_t count) { return count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1; }

// 32 numbers to bfloat16
VIT_BY_TILES inline void narrow(BFloat16* to, __m512 left, __m512 right) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(right, left));
}

VIT_BY_TILES inline __m512 all(float value) { return _mm512_set1_ps(value); }

// The normal distribution's tail Q(a) = 1 - Φ(a), to the third order about 32 points: 2e-6 from it, far below what bfloat16 sees.
struct Tail {
  static constexpr float gap = 0.1875f;  // between the points, the last at 5.8
  alignas(64) float terms[4][32];

  Tail() {
    for (int i = 0; i < 32; ++i) {
      const double a = i * gap, density = 0.3989422804014327 * std::exp(-a * a / 2);
      terms[0][i] = std::erfc(a * 0.7071067811865476) / 2;
      terms[1][i] = -density;
      terms[2][i] = a * density / 2;
      terms[3][i] = (1 - a * a) * density / 6;
    }
  }
  VIT_BY_TILES inline __m512 term(int order, __m512i point) const {
    return _mm512_permutex2var_ps(_mm512_load_ps(terms[order]), point, _mm512_load_ps(terms[order] + 16));
  }
};
const Tail tail;

// x Φ(x)
VIT_BY_TILES inline __m512 gelu(__m512 x) {
  const __m512 a = _mm512_min_ps(all(31 * Tail::gap), _mm512_abs_ps(x));
  const __m512 toWhole = all(12582912);  // 1.5 · 2²³: added it rounds, and leaves the point's number in the last bits
  const __m512 shifted = _mm512_fmadd_ps(a, all(1 / Tail::gap), toWhole);
  const __m512 d = _mm512_fnmadd_ps(_mm512_sub_ps(shifted, toWhole), all(Tail::gap), a);
  const __m512i point = _mm512_castps_si512(shifted);
  __m512 q = _mm512_fmadd_ps(tail.term(3, point), d, tail.term(2, point));
  q = _mm512_fmadd_ps(q, d, tail.term(1, point));
  q = _mm512_fmadd_ps(q, d, tail.term(0, point));
  const __m512 share = _mm512_mask_sub_ps(q, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), all(1), q);
  return _mm512_mul_ps(x, share);
}

struct Store {
  Lines<BFloat16> to;
  const float* bias;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    narrow(to[row] + column, _mm512_add_ps(_mm512_load_ps(sums), _mm512_load_ps(bias + column)),
           _mm512_add_ps(_mm512_load_ps(sums + 16), _mm512_load_ps(bias + column + 16)));
  }
};

struct StoreGelu {
  Lines<BFloat16> to;
  const float* bias;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    narrow(to[row] + column, gelu(_mm512_add_ps(_mm512_load_ps(sums), _mm512_load_ps(bias + column))),
           gelu(_mm512_add_ps(_mm512_load_ps(sums + 16), _mm512_load_ps(bias + column + 16))));
  }
};

struct AddScaled {
  Lines<float> to;
  const float *bias, *scale, *kept;  // kept: by row
  int64_t rows, columns;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    if (row >= rows) return;
    for (int half = 0; half < 32; half += 16) {
      const int64_t x = column + half;
      const __mmask16 mask = upTo(columns - x);
      const __m512 branch = _mm512_add_ps(_mm512_load_ps(sums + half), _mm512_load_ps(bias + x));
      const __m512 stream = _mm512_maskz_loadu_ps(mask, to[row] + x);
      const __m512 share = _mm512_mul_ps(_mm512_load_ps(scale + x), all(kept[row]));
      _mm512_mask_storeu_ps(to[row] + x, mask, _mm512_fmadd_ps(branch, share, stream));
    }
  }
};

// LayerNorm of a row, as bfloat16 and filled up by zeros.
VIT_BY_TILES inline void normalise(const float* from, int64_t width, const float* weight, const float* bias, float eps, BFloat16* to) {
  __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (int64_t x = 0; x < width; x += 16) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(upTo(width - x), from + x));
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / width);
  for (int64_t x = 0; x < width; x += 16) {
    const __mmask16 mask = upTo(width - x);
    const __m512 gap = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, from + x), mean);
    squares = _mm512_fmadd_ps(gap, gap, squares);
  }
  const __m512 scale = _mm512_set1_ps(1 / __builtin_sqrtf(_mm512_reduce_add_ps(squares) / width + eps));
  for (int64_t x = 0; x < width; x += 32) {
    __m512 parts[2];
    for (int half = 0; half < 2; ++half) {
      const int64_t at = x + 16 * half;
      const __mmask16 mask = upTo(width - at);
      const __m512 gap = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, from + at), mean);
      parts[half] = _mm512_fmadd_ps(_mm512_mul_ps(gap, scale), _mm512_load_ps(weight + at), _mm512_load_ps(bias + at));
    }
    narrow(to + x, parts[0], parts[1]);
  }
}

int64_t filledUp(int64_t count) { return (count + 31) / 32 * 32; }

// An odd count of cache lines a row, so that the rows of a tile do not fall on one another in the cache.
int64_t pitchOf(int64_t columns) { return filledUp(columns) | 32; }

constexpr int64_t hiddenSteps = 12;  // so much of the hidden layer at a time, 384 numbers, that two operands of a product fit the nearest cache

// What lies between the products; parts of the hidden layer take the place of queries, keys and values.
struct Room {
  const int64_t wide;
  Numbers<BFloat16> normed, attended, hidden;
  Numbers<float> kept[2];  // by row
  TileRoom attention;

  Room(const EncoderBlock& of, int64_t rows)
      : wide(std::max(of.qkv->outputs, hiddenSteps * 32)),
        normed(filledUp(rows) * pitchOf(of.attention.channels())),
        attended(filledUp(rows) * pitchOf(of.attention.channels())),
        hidden(filledUp(rows) * pitchOf(wide)),
        kept{Numbers<float>(rows), Numbers<float>(rows)},
        attention(of.attention) {}
};

void readKept(const EncoderBlock& of, Span images, Numbers<float> (&kept)[2]) {
  const int64_t tokens = of.attention.tokens;
  for (int64_t branch = 0; branch < 2; ++branch)
    for (int64_t image = images.begin; image < images.end; ++image)
      std::fill_n(kept[branch].from((image - images.begin) * tokens), tokens, of.kept[branch * of.attention.images + image]);
}

VIT_BY_TILES void normaliseAll(const EncoderBlock& of, Lines<float> stream, int64_t rows, const float* weight, const float* bias,
                               Lines<BFloat16> to) {
  for (int64_t row = 0; row < rows; ++row) normalise(stream[row], stream.pitch, weight, bias, of.eps, to[row]);
}

VIT_BY_TILES void run(const EncoderBlock& of, float* numbers, Span images, Room& room) {
  TileLayout layout;
  const int64_t width = of.attention.channels(), count = images.end - images.begin, rows = count * of.attention.tokens;
  const Lines<float> stream{numbers + images.begin * of.attention.tokens * width, width};
  const Lines<BFloat16> normed{&room.normed[0], pitchOf(width)}, attended{&room.attended[0], pitchOf(width)},
      hidden{&room.hidden[0], pitchOf(room.wide)};
  const auto read = [](Lines<BFloat16> of) { return Lines<const BFloat16>{of.data, of.pitch}; };
  const float *kept1 = room.kept[0].from(0), *kept2 = room.kept[1].from(0);
  readKept(of, images, room.kept);
  normaliseAll(of, stream, rows, of.norm1Weight.from(0), of.norm1Bias.from(0), normed);
  multiply(read(normed), rows, *of.qkv, whole(*of.qkv), Store{hidden, of.qkvBias.from(0)});
  attendByTiles(of.attention, of.exchange, read(hidden), attended, {0, count * of.attention.tiles()}, room.attention);
  multiply(read(attended), rows, *of.proj, whole(*of.proj), AddScaled{stream, of.projBias.from(0), of.scale1.from(0), kept1, rows, width});
  normaliseAll(of, stream, rows, of.norm2Weight.from(0), of.norm2Bias.from(0), normed);
  for (int64_t step = 0; step < of.fc2->steps(); step += hiddenSteps) {
    const Span here{step, std::min(step + hiddenSteps, of.fc2->steps())};
    const float* bias = step == 0 ? of.fc2Bias.from(0) : of.nothing.from(0);
    multiply(read(normed), rows, *of.fc1, {here, {0, of.fc1->steps()}}, StoreGelu{hidden, of.fc1Bias.from(step * 32)});
    multiply(read(hidden), rows, *of.fc2, {{0, of.fc2->panels()}, here}, AddScaled{stream, bias, of.scale2.from(0), kept2, rows, width});
  }
}

}  // namespace

void runByTiles(const EncoderBlock& of, float* stream, Span images) {
  constexpr int64_t together = 2;  // as many as the cache holds; each group reads all weights
  Room room(of, std::min(together, images.end - images.begin) * of.attention.tokens);
  for (int64_t image = images.begin; image < images.end; image += together)
    run(of, stream, {image, std::min(image + together, images.end)}, room);
}
#else
void runByTiles(const EncoderBlock&, float*, Span) { TORCH_CHECK(false, "this build has no matrix unit"); }
#endif

}  // namespace vit
