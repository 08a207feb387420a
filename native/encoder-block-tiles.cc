// A transformer's block by the matrix unit: the products there, norms and what follows a product by vectors.
#include "encoder-block-rows.h"
#include "multiply-tiles.h"
#include "talking-heads-tiles.h"

namespace vit {

#if VIT_TILES
namespace {

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

VIT_BY_TILES void run(const EncoderBlock& of, float* numbers, Span images, Room& room) {
  TileLayout layout;
  const int64_t width = of.attention.channels(), count = images.end - images.begin, rows = count * of.attention.tokens;
  const Lines<float> stream{numbers + images.begin * of.attention.tokens * width, width};
  const Lines<BFloat16> normed{&room.normed[0], pitchOf(width)}, attended{&room.attended[0], pitchOf(width)},
      hidden{&room.hidden[0], pitchOf(room.wide)};
  const float *kept1 = room.kept[0].from(0), *kept2 = room.kept[1].from(0);
  for (int64_t branch = 0; branch < 2; ++branch) readKept(of, images, branch, room.kept[branch].from(0));
  normaliseAll(of, {stream.data, width}, rows, of.norm1Weight.from(0), of.norm1Bias.from(0), normed);
  multiply(read(normed), rows, *of.qkv, whole(*of.qkv), Store{hidden, of.qkvBias.from(0)});
  attendByTiles(of.attention, of.exchange, read(hidden), attended, {0, count * of.attention.tiles()}, room.attention);
  multiply(read(attended), rows, *of.proj, whole(*of.proj), AddScaled{stream, of.projBias.from(0), of.scale1.from(0), kept1, rows, width});
  normaliseAll(of, {stream.data, width}, rows, of.norm2Weight.from(0), of.norm2Bias.from(0), normed);
  for (int64_t step = 0; step < of.fc2->steps(); step += hiddenSteps) {
    const Span here{step, std::min(step + hiddenSteps, of.fc2->steps())};
    const float* bias = step == 0 ? of.fc2Bias.from(0) : of.nothing.from(0);
    multiply(read(normed), rows, *of.fc1, {here, {0, of.fc1->steps()}}, StoreGelu{hidden, of.fc1Bias.from(step * 32)});
    multiply(read(hidden), rows, *of.fc2, {{0, of.fc2->panels()}, here}, AddScaled{stream, bias, of.scale2.from(0), kept2, rows, width});
  }
}

}  // namespace

void runByTiles(const EncoderBlock& of, float* stream, Span images) {
  Room room(of, std::min(together, images.end - images.begin) * of.attention.tokens);
  for (int64_t image = images.begin; image < images.end; image += together)
    run(of, stream, {image, std::min(image + together, images.end)}, room);
}
#else
void runByTiles(const EncoderBlock&, float*, Span) { TORCH_CHECK(false, "this build has no matrix unit"); }
#endif

}  // namespace vit
