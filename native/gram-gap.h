// ‖S Sᵀ − T Tᵀ‖² over maps of tokens at unit length, and its slope by the tokens: see src/methods/gram-loss.ts. A few rows of a map
// at a time: they are made, summed and multiplied on while they are in the nearest cache.
#pragma once
#include <ATen/ATen.h>

namespace vit {

// Rows of one side, [maps, rows, width]; the numbers of a row are neighbours, maps and rows lie anywhere.
template <class T>
struct Tokens {
  T* data;
  int64_t mapPitch, rowPitch, width;
  T* row(int64_t map, int64_t row) const { return data + map * mapPitch + row * rowPitch; }
};

struct GramGap {
  int64_t maps, rows;
  Tokens<const float> student, teacher;
  Tokens<float> slope;  // a quarter of the gradient by the student's tokens
};

// The sum over all maps.
double gramGapOnCpu(const GramGap& of);

}  // namespace vit
