#include "attention-gradient.h"
#include "encoder-block-gradient.h"
#include "encoder-block-rows.h"
#include "multiply-tiles.h"
#include "talking-heads-tiles.h"

namespace vit {

#if VIT_TILES
namespace {

// GELU, and its slope for the way back
struct StoreBoth {
  Lines<BFloat16> values, slopes;
  const float* bias;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    const Gelu left = gelu(_mm512_add_ps(_mm512_load_ps(sums), _mm512_load_ps(bias + column)));
    const Gelu right = gelu(_mm512_add_ps(_mm512_load_ps(sums + 16), _mm512_load_ps(bias + column + 16)));
    narrow(values[row] + column, left.value, right.value);
    narrow(slopes[row] + column, left.slope, right.slope);
  }
};

VIT_BY_TILES inline __m512 widen(const BFloat16* from) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))), 16));
}

struct Weigh {
  Lines<BFloat16> to;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    BFloat16* place = to[row] + column;
    narrow(place, _mm512_mul_ps(_mm512_load_ps(sums), widen(place)), _mm512_mul_ps(_mm512_load_ps(sums + 16), widen(place + 16)));
  }
};

struct Add {
  Lines<float> to;
  VIT_BY_TILES inline void operator()(int64_t row, int64_t column, const float* sums) const {
    float* place = to[row] + column;
    _mm512_store_ps(place, _mm512_add_ps(_mm512_load_ps(place), _mm512_load_ps(sums)));
    _mm512_store_ps(place + 16, _mm512_add_ps(_mm512_load_ps(place + 16), _mm512_load_ps(sums + 16)));
  }
};

// A branch's gradient as bfloat16 and filled up by zeros.
VIT_BY_TILES void weighRows(Lines<const float> from, int64_t rows, const float* kept, Lines<BFloat16> to) {
  const int64_t width = from.pitch;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t x = 0; x < width; x += 32)
      narrow(to[row] + x, _mm512_mul_ps(all(kept[row]), _mm512_maskz_loadu_ps(upTo(width - x), from[row] + x)),
             _mm512_mul_ps(all(kept[row]), _mm512_maskz_loadu_ps(upTo(width - x - 16), from[row] + x + 16)));
}

// LayerNorm's way back for a row: adds to the stream's gradient and to those of weight and bias.
VIT_BY_TILES inline void normaliseBack(const float* from, const float* gradient, int64_t width, const float* weight, float eps, float* to,
                                       float* weightSums, float* biasSums) {
  __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps(), direct = _mm512_setzero_ps(), along = _mm512_setzero_ps();
  for (int64_t x = 0; x < width; x += 16) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(upTo(width - x), from + x));
  const __m512 mean = all(_mm512_reduce_add_ps(sum) / width);
  for (int64_t x = 0; x < width; x += 16) {
    const __mmask16 mask = upTo(width - x);
    const __m512 gap = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, from + x), mean);
    const __m512 slope = _mm512_maskz_mul_ps(mask, _mm512_load_ps(gradient + x), _mm512_load_ps(weight + x));
    squares = _mm512_fmadd_ps(gap, gap, squares);
    along = _mm512_fmadd_ps(slope, gap, along);
    direct = _mm512_add_ps(slope, direct);
  }
  const float scale = 1 / __builtin_sqrtf(_mm512_reduce_add_ps(squares) / width + eps);
  const __m512 level = all(_mm512_reduce_add_ps(direct) / width), tilt = all(_mm512_reduce_add_ps(along) * scale / width);
  for (int64_t x = 0; x < width; x += 16) {
    const __mmask16 mask = upTo(width - x);
    const __m512 unit = _mm512_maskz_mul_ps(mask, _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, from + x), mean), all(scale));
    const __m512 given = _mm512_load_ps(gradient + x);
    const __m512 slope = _mm512_fnmadd_ps(unit, tilt, _mm512_fmsub_ps(given, _mm512_load_ps(weight + x), level));
    _mm512_mask_storeu_ps(to + x, mask, _mm512_fmadd_ps(slope, all(scale), _mm512_maskz_loadu_ps(mask, to + x)));
    _mm512_mask_storeu_ps(weightSums + x, mask, _mm512_fmadd_ps(given, unit, _mm512_maskz_loadu_ps(mask, weightSums + x)));
    _mm512_mask_storeu_ps(biasSums + x, mask, _mm512_add_ps(given, _mm512_maskz_loadu_ps(mask, biasSums + x)));
  }
}

VIT_BY_TILES void normaliseBackAll(const EncoderBlock& of, Lines<const float> stream, Lines<const float> gradient, int64_t rows,
                                   const float* weight, Lines<float> to, float* norms) {
  const int64_t width = of.attention.channels();
  for (int64_t row = 0; row < rows; ++row)
    normaliseBack(stream[row], gradient[row], width, weight, of.eps, to[row], norms, norms + filledUp(width));
}

// Lines of 32 columns more or less, that many rows.
template <class T>
struct Plane {
  const int64_t pitch;
  Numbers<T> values;

  Plane(int64_t rows, int64_t columns) : pitch(pitchOf(columns)), values(filledUp(rows) * pitch) {}
  operator Lines<T>() const { return {values.from(0), pitch}; }
  operator Lines<const T>() const { return {values.from(0), pitch}; }
};

}  // namespace

class PassageRoom {
 public:
  explicit PassageRoom(const EncoderBlock& of)
      : rows(std::min(together, of.attention.images) * of.attention.tokens),
        normed1(rows, of.attention.channels()),
        qkv(rows, 3 * of.attention.channels()),
        attended(rows, of.attention.channels()),
        normed2(rows, of.attention.channels()),
        values(rows, hiddenSteps * 32),
        slopes(rows, hiddenSteps * 32),
        branch(rows, of.attention.channels()),
        heads(rows, of.attention.channels()),
        back(rows, 3 * of.attention.channels()),
        stream(rows * of.attention.channels()),
        wide(rows, of.attention.channels()),
        kept(rows),
        attention(of.attention),
        attentionBack(of.attention) {}

  const int64_t rows;
  Plane<BFloat16> normed1, qkv, attended, normed2, values, slopes, branch, heads, back;
  Numbers<float> stream;
  Plane<float> wide;
  Numbers<float> kept;
  TileRoom attention;
  AttentionGradientRoom attentionBack;
};

std::shared_ptr<PassageRoom> makePassageRoom(const EncoderBlock& of) { return std::make_shared<PassageRoom>(of); }

namespace {

struct Group {
  const BlockPassage& of;
  Span images;
  int64_t slot, rows;
  Lines<const float> x;
  Lines<float> gradient;

  void layOutAs(const Lines<const BFloat16>& from, int64_t channels, As side, const TokenPanels& to, int64_t panel = 0) const {
    layOut(from, rows, channels, side, to, panel, slot * of.steps, of.steps);
  }
};

// What the MLP's and the attention's way back start from.
VIT_BY_TILES void makeAgain(const Group& group, PassageRoom& room) {
  const EncoderBlock& block = group.of.block;
  const int64_t width = block.attention.channels(), images = group.images.end - group.images.begin;
  const Lines<float> stream{&room.stream[0], width};
  normaliseAll(block, group.x, group.rows, block.norm1Weight.from(0), block.norm1Bias.from(0), room.normed1);
  multiply(room.normed1, group.rows, *block.qkv, whole(*block.qkv), Store{room.qkv, block.qkvBias.from(0)});
  attendByTiles(block.attention, block.exchange, room.qkv, room.attended, {0, images * block.attention.tiles()}, room.attention);
  std::copy_n(group.x.data, group.rows * width, stream.data);
  readKept(block, group.images, 0, room.kept.from(0));
  multiply(room.attended, group.rows, *block.proj, whole(*block.proj),
           AddScaled{stream, block.projBias.from(0), block.scale1.from(0), room.kept.from(0), group.rows, width});
  normaliseAll(block, {stream.data, width}, group.rows, block.norm2Weight.from(0), block.norm2Bias.from(0), room.normed2);
}

VIT_BY_TILES void mlpBack(const Group& group, PassageRoom& room, float* norms) {
  const EncoderBlock& block = group.of.block;
  const TurnedLayers& turned = group.of.turned;
  const LayerPanels &fc1 = group.of.layers[2], &fc2 = group.of.layers[3];
  const int64_t width = block.attention.channels(), rows = group.rows;
  const Lines<float> wide = room.wide;
  std::fill_n(wide.data, filledUp(rows) * wide.pitch, 0.f);
  readKept(block, group.images, 1, room.kept.from(0));
  weighRows({group.gradient.data, width}, rows, room.kept.from(0), room.branch);
  for (int64_t step = 0; step < block.fc2->steps(); step += hiddenSteps) {
    const Span here{step, std::min(step + hiddenSteps, block.fc2->steps())};
    const int64_t channels = std::min(hiddenSteps * 32, block.fc1->outputs - step * 32);
    multiply(room.normed2, rows, *block.fc1, {here, {0, block.fc1->steps()}}, StoreBoth{room.values, room.slopes, block.fc1Bias.from(step * 32)});
    group.layOutAs(room.values, channels, As::Columns, fc2.input, step);
    multiply(room.branch, rows, turned.fc2, {here, {0, turned.fc2.steps()}}, Weigh{room.slopes});
    group.layOutAs(room.slopes, channels, As::Rows, fc1.gradient, step);
    multiply(room.slopes, rows, turned.fc1, {{0, turned.fc1.panels()}, here}, Add{wide});
  }
  group.layOutAs(room.branch, width, As::Rows, fc2.gradient);
  group.layOutAs(room.normed2, width, As::Columns, fc1.input);
  normaliseBackAll(block, {&room.stream[0], width}, room.wide, rows, block.norm2Weight.from(0), group.gradient, norms + 2 * filledUp(width));
}

VIT_BY_TILES void attentionBack(const Group& group, PassageRoom& room, float* norms) {
  const EncoderBlock& block = group.of.block;
  const TurnedLayers& turned = group.of.turned;
  const LayerPanels &qkv = group.of.layers[0], &proj = group.of.layers[1];
  const int64_t width = block.attention.channels(), rows = group.rows, tokens = block.attention.tokens;
  readKept(block, group.images, 0, room.kept.from(0));
  weighRows({group.gradient.data, width}, rows, room.kept.from(0), room.branch);
  group.layOutAs(room.branch, width, As::Rows, proj.gradient);
  group.layOutAs(room.attended, width, As::Columns, proj.input);
  multiply(room.branch, rows, turned.proj, whole(turned.proj), Store{room.heads, block.nothing.from(0)});
  const Lines<const BFloat16> inputs = room.qkv, heads = room.heads;
  const Lines<BFloat16> back = room.back;
  for (int64_t row = 0; row < rows; row += tokens)
    attentionGradient(block.attention, {inputs[row], inputs.pitch}, {heads[row], heads.pitch}, {back[row], back.pitch}, block.exchange,
                      room.attentionBack);
  group.layOutAs(room.back, 3 * width, As::Rows, qkv.gradient);
  group.layOutAs(room.normed1, width, As::Columns, qkv.input);
  const Lines<float> wide = room.wide;
  std::fill_n(wide.data, filledUp(rows) * wide.pitch, 0.f);
  multiply(room.back, rows, turned.qkv, whole(turned.qkv), Add{wide});
  normaliseBackAll(block, group.x, room.wide, rows, block.norm1Weight.from(0), group.gradient, norms);
}

}  // namespace

VIT_BY_TILES void passBack(const BlockPassage& of, Span images, int64_t slot, float* norms, PassageRoom& room) {
  TileLayout layout;
  const int64_t tokens = of.block.attention.tokens, width = of.block.attention.channels(), first = images.begin * tokens * width;
  const Group group{of, images, slot, (images.end - images.begin) * tokens, {of.x + first, width}, {of.gradient + first, width}};
  makeAgain(group, room);
  mlpBack(group, room, norms);
  attentionBack(group, room, norms);
}
#else
std::shared_ptr<PassageRoom> makePassageRoom(const EncoderBlock&) { return nullptr; }
void passBack(const BlockPassage&, Span, int64_t, float*, PassageRoom&) { TORCH_CHECK(false, "this build has no matrix unit"); }
#endif

}  // namespace vit
