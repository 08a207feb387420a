// Attention whose heads exchange their scores before the softmax and their weights after it. https://arxiv.org/abs/2003.02436
//
//   scores[h] = scale · q[h] k[h]ᵀ      weights[g] = softmax(Σ before[g, h] · scores[h] + beforeBias[g])
//   output[g] = (Σ after[g, h] · weights[h] + afterBias[g]) v[g]
//
// A tile of 32 queries at a time, all heads of it: the maps of N × N numbers never exist.
#pragma once
#include <ATen/ATen.h>

#include "vectors.h"

namespace vit {

// B images, N tokens, H heads, E channels of a head
struct Attention {
  int64_t images, tokens, heads, width;

  int64_t channels() const { return heads * width; }
  int64_t tiles() const { return (tokens + 31) / 32; }           // of one image
  int64_t keys() const { return (tokens + 31) / 32 * 32; }       // with those that fill up
  int64_t columns() const { return (width + 31) / 32 * 32; }     // likewise
  int64_t outputs() const { return (heads + 3) / 4 * 4; }        // heads, likewise
};

constexpr int64_t tileRows = 32, mostHeads = 64;

// The exchanges as the kernels take them: the scale and the softmax's change to powers of 2 are in `before` already, heads that
// fill up have zeros. Without an exchange the factors are left empty.
struct Exchange {
  float scale;
  Numbers<float> before, beforeBias, after, afterBias;  // [outputs, H], [outputs]
  Numbers<float> hidden;                                // [keys]: 0, or -∞ for a key that fills up

  Exchange(const Attention& of, const at::Tensor& before, const at::Tensor& beforeBias, const at::Tensor& after,
           const at::Tensor& afterBias);
  bool talks() const { return !before.empty(); }
};

// Tiles of queries from one to another, counted over all images. `qkv` has rows of 3·H·E numbers, `output` of H·E.
struct Span {
  int64_t begin, end;
};
template <class T>
struct Lines {
  T* data;
  int64_t pitch;
  T* operator[](int64_t row) const { return data + row * pitch; }
};

// A tensor [B, N, 3·H·E] to [B, N, H·E], by whichever kernel fits; `portable` leaves the matrix unit out.
at::Tensor attend(const at::Tensor& qkv, const Attention&, const Exchange&, bool portable);

void attendByVectors(const Attention&, const Exchange&, Lines<const float> qkv, Lines<float> output, Span);
void attendByVectors(const Attention&, const Exchange&, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span);
// only where `haveTiles()`
void attendByTiles(const Attention&, const Exchange&, Lines<const at::BFloat16> qkv, Lines<at::BFloat16> output, Span);

}  // namespace vit
