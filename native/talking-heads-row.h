// What one query's row of scores goes through, all heads at once: exchange, softmax, exchange.
#pragma once
#include <limits>

#include "talking-heads.h"
#include "vectors.h"

namespace vit {

// Four heads' sums over all heads, two vectors of keys at a time: as many as it takes to hide how long an addition lasts.
template <int width>
VIT_INLINE void exchange(const float* factors, const float* bias, int64_t heads, const float* from, int64_t pitch,
                         Floats<width> (&sums)[4][2]) {
#pragma GCC unroll 4
  for (int g = 0; g < 4; ++g) sums[g][0] = sums[g][1] = Floats<width>{} + bias[g];
  for (int64_t h = 0; h < heads; ++h) {
    Floats<width> left, right;
    load<width>(from + h * pitch, left);
    load<width>(from + h * pitch + width, right);
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) {
      sums[g][0] += factors[g * heads + h] * left;
      sums[g][1] += factors[g * heads + h] * right;
    }
  }
}

// The four heads from g on: `mixed` gets their exchanged scores, `most` the largest of each.
template <int width>
VIT_INLINE void mixBefore(const Attention& of, const Exchange& by, int64_t g, const float* scores, int64_t pitch, float* mixed,
                          float* most) {
  const int64_t keys = of.keys();
  Floats<width> peaks[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) peaks[i] = Floats<width>{} - std::numeric_limits<float>::infinity();
  for (int64_t x = 0; x < keys; x += 2 * width) {
    Floats<width> sums[4][2];
    exchange<width>(&by.before[g * of.heads], &by.beforeBias[g], of.heads, scores + x, pitch, sums);
    if (x + 2 * width > of.tokens) {
      Floats<width> left, right;
      load<width>(&by.hidden[x], left);
      load<width>(&by.hidden[x + width], right);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) sums[i][0] += left, sums[i][1] += right;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      peaks[i] = sums[i][0] > peaks[i] ? sums[i][0] : peaks[i];
      peaks[i] = sums[i][1] > peaks[i] ? sums[i][1] : peaks[i];
      store<width>(mixed + (g + i) * keys + x, sums[i][0]);
      store<width>(mixed + (g + i) * keys + x + width, sums[i][1]);
    }
  }
  for (int i = 0; i < 4; ++i) most[g + i] = largestOf<width>(peaks[i]);
}

template <int width>
VIT_INLINE float scaleAlone(const Attention& of, const Exchange& by, const float* scores, float* mixed) {
  Floats<width> peak = Floats<width>{} - std::numeric_limits<float>::infinity();
  for (int64_t x = 0; x < of.keys(); x += width) {
    Floats<width> value, hidden;
    load<width>(scores + x, value);
    load<width>(&by.hidden[x], hidden);
    value = value * by.scale + hidden;
    peak = value > peak ? value : peak;
    store<width>(mixed + x, value);
  }
  return largestOf<width>(peak);
}

// Powers of what `most` is above; returns one over their sum.
template <int width>
VIT_INLINE float powers(int64_t keys, float most, float* mixed) {
  Floats<width> sums[2] = {};
  for (int64_t x = 0; x < keys; x += 2 * width) {
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      Floats<width> value;
      load<width>(mixed + x + i * width, value);
      value -= most;
      power2<width>(value);
      sums[i] += value;
      store<width>(mixed + x + i * width, value);
    }
  }
  sums[0] += sums[1];
  return 1 / sumOf<width>(sums[0]);
}

template <int width, class T>
VIT_INLINE void mixAfter(const Attention& of, const Exchange& by, int64_t g, const float* factors, const float* mixed, T* weights,
                         int64_t pitch) {
  for (int64_t x = 0; x < of.keys(); x += 2 * width) {
    Floats<width> sums[4][2];
    exchange<width>(factors + g * of.heads, &by.afterBias[g], of.heads, mixed + x, of.keys(), sums);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      store<width>(weights + (g + i) * pitch + x, sums[i][0]);
      store<width>(weights + (g + i) * pitch + x + width, sums[i][1]);
    }
  }
}

// `mixed` [outputs, keys] and `factors` [outputs, H] are room to work in.
template <int width, class T>
VIT_INLINE void talkRow(const Attention& of, const Exchange& by, const float* scores, int64_t pitch, float* mixed, float* factors,
                        T* weights, int64_t weightPitch) {
  const int64_t keys = of.keys(), heads = of.heads;
  if (!by.talks()) {
    for (int64_t h = 0; h < heads; ++h) {
      const float share = powers<width>(keys, scaleAlone<width>(of, by, scores + h * pitch, mixed), mixed);
      for (int64_t x = 0; x < keys; x += width) {
        Floats<width> value;
        load<width>(mixed + x, value);
        value *= share;
        store<width>(weights + h * weightPitch + x, value);
      }
    }
    return;
  }
  float most[mostHeads + 3], share[mostHeads];
  for (int64_t g = 0; g < heads; g += 4) mixBefore<width>(of, by, g, scores, pitch, mixed, most);
  for (int64_t h = 0; h < heads; ++h) share[h] = powers<width>(keys, most[h], mixed + h * keys);
  for (int64_t g = 0; g < heads; ++g)
    for (int64_t h = 0; h < heads; ++h) factors[g * heads + h] = by.after[g * heads + h] * share[h];
  for (int64_t g = 0; g < heads; g += 4) mixAfter<width>(of, by, g, factors, mixed, weights, weightPitch);
}

}  // namespace vit
