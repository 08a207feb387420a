// Talking heads in bfloat16 by the processor's matrix unit: both products there, what lies between them by vectors of float32.
#include "attention-tiles.h"
#include "talking-heads-row.h"

namespace vit {

#if VIT_TILES
namespace {

using at::BFloat16;

VIT_BY_TILES void attendTile(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, int64_t rows,
                             TileRoom& room) {
  const int64_t keys = of.keys(), pitch = tileRows * keys;
  for (int64_t h = 0; h < of.heads; ++h) {
    readQueries({qkv[0] + h * of.width, qkv.pitch}, rows, of.width, &room.queries[0]);
    score(room.depth, keys, &room.queries[0], &room.keys[h * keys / 16 * room.depth * tileNumbers], &room.scores[h * pitch]);
  }
  for (int64_t r = 0; r < rows; ++r)
    talkRow<16>(of, by, &room.scores[r * keys], pitch, &room.mixed[0], &room.factors[0], &room.weights[r * keys], pitch);
  alignas(64) float block[32 * 32];
  for (int64_t h = 0; h < of.heads; ++h)
    for (int64_t e = 0; e < of.width; e += 32) {
      const BFloat16* values = &room.values[(h * keys / 32 * room.across + e / 16) * tileNumbers];
      weigh(Lines<const Narrow>{&room.weights[h * pitch], keys}, keys, values, room.across, of.width - e > 16, block);
      for (int64_t r = 0; r < rows; ++r) writeRow(block + r * 32, std::min<int64_t>(32, of.width - e), output[r] + h * of.width + e);
    }
}

}  // namespace

TileRoom::TileRoom(const Attention& of)
    : depth(inTiles(of.width, 32)),
      across(inTiles(of.width, 16)),
      keys(of.heads * of.keys() / 16 * depth * tileNumbers),
      values(of.heads * of.keys() / 32 * across * tileNumbers),
      queries(2 * depth * tileNumbers),
      weights(of.outputs() * tileRows * of.keys()),
      scores(of.heads * tileRows * of.keys()),
      mixed(of.outputs() * of.keys()),
      factors(of.outputs() * of.heads) {}

VIT_BY_TILES void attendByTiles(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, Span span,
                                TileRoom& room) {
  for (int64_t tile = span.begin, read = -1; tile < span.end; ++tile) {
    const int64_t image = tile / of.tiles(), first = tile % of.tiles() * tileRows, row = image * of.tokens + first;
    if (image != read) {
      for (int64_t h = 0; h < of.heads; ++h) {
        const BFloat16* keys = qkv[image * of.tokens] + of.channels() + h * of.width;
        readAcross(of, {keys, qkv.pitch}, &room.keys[h * of.keys() / 16 * room.depth * tileNumbers]);
        readDown(of, {keys + of.channels(), qkv.pitch}, &room.values[h * of.keys() / 32 * room.across * tileNumbers]);
      }
      read = image;
    }
    attendTile(of, by, {qkv[row], qkv.pitch}, {output[row], output.pitch}, std::min(tileRows, of.tokens - first), room);
  }
}

VIT_BY_TILES void attendByTiles(const Attention& of, const Exchange& by, Lines<const BFloat16> qkv, Lines<BFloat16> output, Span span) {
  TileRoom room(of);
  TileLayout layout;
  attendByTiles(of, by, qkv, output, span, room);
}
#else
void attendByTiles(const Attention& of, const Exchange& by, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span span) {
  attendByVectors(of, by, qkv, output, span);
}
#endif

}  // namespace vit
