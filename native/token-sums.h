// Products of two matrices over their rows, Σ over tokens of left[token, i] · right[token, j], by the matrix unit: the gradient of a
// linear layer's weights. Both are laid out first, many tokens long, so that a sum is finished where it stands.
#pragma once
#include <ATen/ATen.h>

#include "talking-heads.h"

namespace vit {

// One side: panels of 32 channels, in each a step for every 32 tokens, in each two tiles of 16 channels. Steps that nobody wrote hold
// anything.
struct TokenPanels {
  int64_t panels, steps;
  at::BFloat16* values;  // [panels, steps, 2, 512]

  at::BFloat16* from(int64_t panel, int64_t step) const { return values + (panel * steps + step) * 2 * 512; }
};

enum class As { Rows, Columns };  // the left side's channels are the result's rows, the right side's its columns

// Lays out rows of these channels from a panel and a step on, filled up by zeros to `steps` whole steps.
void layOut(Lines<const at::BFloat16> from, int64_t rows, int64_t channels, As, const TokenPanels& to, int64_t panel, int64_t step,
            int64_t steps);

// A layer's sums: [32 · left panels, 32 · right panels], and of every channel of the left side alone. Whoever asks begins with zeros.
struct TokenSums {
  TokenPanels left, right;
  float *products, *sums;

  int64_t blocks() const { return left.panels * right.panels; }
};

// Adds the first `steps` steps, for these blocks of 32 × 32.
void addTokens(const TokenSums&, int64_t steps, Span blocks);

}  // namespace vit
