// The way back through a transformer's block in bfloat16 by the matrix unit. What the forward pass computed is made again, a few images
// at a time; the sums over tokens that the weights' gradients are wait until many images are laid out. https://arxiv.org/abs/1604.06174
#pragma once
#include "encoder-block.h"
#include "token-sums.h"

namespace vit {

// The layers as a gradient goes through them. LayerScale's factors are in the two that it stands behind.
struct TurnedLayers {
  PackedWeights qkv, proj, fc1, fc2;
};

// Both sides of a layer's weights: the gradient of its outputs, without LayerScale's factor, and its inputs.
struct LayerPanels {
  TokenPanels gradient, input;
};

// A few images on their way back.
struct BlockPassage {
  const EncoderBlock& block;
  const TurnedLayers& turned;
  const float* x;                      // [B, N, D]
  float* gradient;                     // [B, N, D]: that of the output, and then that of the input
  LayerPanels layers[4];               // qkv, proj, fc1, fc2
  int64_t steps;                       // of a group of images in the panels
};

// What one thread keeps while it takes groups of images back.
class PassageRoom;
std::shared_ptr<PassageRoom> makePassageRoom(const EncoderBlock&);

// A group's way back: `slot` is its place in the panels, `norms` [4, columns] gets the gradients of both norms' weights and biases.
// Only where `haveTiles()`.
void passBack(const BlockPassage&, Span images, int64_t slot, float* norms, PassageRoom&);

}  // namespace vit
