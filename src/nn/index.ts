/** Modules, layers, initialisers and losses. */

export { Gelu, Relu } from "./activation.js";
export { Attention, type AttentionCall, type AttentionOptions, attention } from "./attention.js";
export { BatchNorm2d } from "./batch-norm.js";
export { Conv2d, type ConvOptions } from "./conv.js";
export { ConvNorm, type ConvNormOptions, ConvNormRelu } from "./conv-norm.js";
export { DropPath } from "./drop-path.js";
export { Dropout } from "./dropout.js";
export { type EncoderBlockParts, fusedBlock } from "./encoder-block.js";
export { type FirstTokenAttention, firstTokenAttention } from "./first-token-attention.js";
export { type Followed, followCalls } from "./follow-calls.js";
export { crossGram, frobenius, gram, normaliseTokens } from "./gram.js";
export { Identity } from "./identity.js";
export {
  constant_,
  fanIn,
  fanOut,
  kaimingNormal_,
  kaimingUniform_,
  lecunNormal_,
  normal_,
  ones_,
  truncNormal_,
  uniform_,
  zeros_,
} from "./init.js";
export { Involution } from "./involution.js";
export { LayerNorm } from "./layer-norm.js";
export { Linear } from "./linear.js";
export { crossEntropy, type KlOptions, type KlReduction, klDiv, mse } from "./losses.js";
export { Mlp } from "./mlp.js";
export { type Layer, Module } from "./module.js";
export { Sequential } from "./sequential.js";
export { type Difference, loadState, type StateDict } from "./state-dict.js";
export { composedTalkingAttention, type TalkingHeadsCall, talkingAttention } from "./talking-heads.js";
