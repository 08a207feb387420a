/**
 * A transformer's block as one operator of our own: norm → attention → residual → norm → MLP → residual, in bfloat16 by the
 * processor's matrix unit, the stream in float32. https://arxiv.org/abs/2010.11929
 */

import { autocastDtype, encoderBlock, hasMatrixUnit, isRecorded, stack, type Tensor } from "../torch/index.js";
import type { DropPath } from "./drop-path.js";
import type { LayerNorm } from "./layer-norm.js";
import type { Linear } from "./linear.js";
import type { Mlp } from "./mlp.js";

// B images, N tokens, D channels, H heads

export interface EncoderBlockParts {
  heads: number;
  norm1: LayerNorm;
  attn: { qkv: Linear; proj: Linear };
  norm2: LayerNorm;
  mlp: Mlp;
  /** Talking heads: the exchange of scores and that of weights. */
  exchange?: readonly [before: Linear, after: Linear];
  /** LayerScale's of both branches, [D] each. */
  scales?: readonly Tensor[];
  /** Of both branches; drawn from anew for each. */
  dropPath: DropPath;
  /** What may drop something within a branch. */
  drops: readonly { isActive: boolean }[];
}

/** That the operator takes. */
const MOST_HEADS = 64;

/**
 * The block's output, [B, N, D], where the operator can take its place: under bfloat16 autocast, on a processor with a matrix
 * unit, with nothing dropped within a branch; talking heads only with nothing recorded. Elsewhere null, and the block runs as it is
 * written. Where it is recorded it keeps its input alone, and makes the rest again on the way back; it has no second derivative.
 * Weights that are not learned stay laid out as the matrix unit reads them, for as long as they are what they were.
 */
export function fusedBlock(x: Tensor /* [B, N, D] */, parts: EncoderBlockParts): Tensor | null {
  const { heads, norm1, attn, norm2, mlp, exchange = [], scales = [], dropPath, drops } = parts;
  if (heads > MOST_HEADS || !hasMatrixUnit() || x.device !== "cpu" || x.dtype !== "float32" || autocastDtype() !== "bfloat16")
    return null;
  const norms = [norm1.weight, norm1.bias, norm2.weight, norm2.bias];
  const layers = [attn.qkv, attn.proj, mlp.fc1, mlp.fc2];
  const weights = layers.map(({ weight }) => weight);
  const biases = layers.map(({ bias }) => bias);
  const talk = exchange.flatMap(({ weight, bias }) => [weight, bias!]);
  const given = [x, ...norms, ...weights, ...biases.filter((bias) => bias !== null), ...talk, ...scales];
  if (drops.some(({ isActive }) => isActive) || (talk.length > 0 && isRecorded(given))) return null;
  using kept = dropPath.isActive ? sharesOf(x, dropPath) : null;
  return encoderBlock(x, heads, norms, weights, biases, talk, scales, { kept, eps: norm1.eps });
}

/** What the two branches count for, image by image, drawn one after the other as the layers would. */
function sharesOf(x: Tensor, dropPath: DropPath): Tensor /* [2, B] */ {
  using first = dropPath.draw(x, [x.shape[0]]);
  using second = dropPath.draw(x, [x.shape[0]]);
  return stack([first, second]);
}
