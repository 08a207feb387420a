/**
 * Mixup and CutMix of a batch with itself reversed, and smoothed targets to match; as timm's batch mode.
 * https://arxiv.org/abs/1710.09412, https://arxiv.org/abs/1905.04899
 */
import { type Batch, type BatchOp, DataError, type Rng } from "../data/index.js";
import { pixels } from "../data/pixels.js";
import { type Box, boxShare, randomBox } from "./cutmix-box.js";

export interface MixupOptions {
  alpha?: number; // of mixup's Beta(alpha, alpha); 0 turns mixup off
  cutmix?: number; // of CutMix's; 0 turns CutMix off
  probability?: number; // that a batch is mixed
  switchProbability?: number; // that a mixed batch is cut, where both are on
  smoothing?: number;
  classes?: number; // the batch's unless given
}

export function mixup({
  alpha = 0,
  cutmix = 0,
  probability = 1,
  switchProbability = 0.5,
  smoothing = 0.1,
  classes,
}: MixupOptions): BatchOp {
  if (!(alpha >= 0 && cutmix >= 0 && alpha + cutmix > 0))
    throw new DataError("ERR_INVALID_OPTION", `mixup needs alpha or cutmix above 0, not ${alpha} and ${cutmix}.`);
  const cutShare = alpha === 0 ? 1 : cutmix === 0 ? 0 : switchProbability;
  return (batch, rng) => {
    const lambda = rng.chance(probability) ? mix(batch, rng) : 1;
    if (batch.labels[0] >= 0) batch.targets = softTargets(batch.labels, { classes: classes ?? batch.classes, lambda, smoothing });
  };

  /** Returns the share of its own picture that each sample keeps. */
  function mix(batch: Batch, rng: Rng): number {
    const cut = rng.chance(cutShare);
    const lambda = rng.beta(cut ? cutmix : alpha);
    if (!cut) {
      blendReversed(batch, lambda);
      return lambda;
    }
    const [, , height, width] = batch.shape;
    const box = randomBox(height, width, lambda, rng);
    swapReversed(batch, box);
    return 1 - boxShare(box, height, width); // the box was rounded and clipped: its true area counts
  }
}

/** lambda · onehot(y) + (1 − lambda) · onehot(reversed y), with `smoothing` spread evenly over all classes. */
export function softTargets(
  labels: BigInt64Array,
  { classes, lambda = 1, smoothing = 0 }: { classes: number; lambda?: number; smoothing?: number },
): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  const last = labels.length - 1;
  for (let i = 0; i <= last; i++) {
    const [own, other] = [Number(labels[i]), Number(labels[last - i])];
    if (own >= classes) throw new DataError("ERR_DATA_LABELS", `A label ${own} does not fit ${classes} classes.`);
    targets[i * classes + own] += (1 - smoothing) * lambda;
    targets[i * classes + other] += (1 - smoothing) * (1 - lambda);
  }
  return targets;
}

/** Each picture with the one that stands as far from the end. */
function withReversed({ images, shape: [size] }: Batch, change: (own: Float32Array, other: Float32Array) => void): void {
  const stride = images.length / size;
  const picture = (i: number) => images.subarray(i * stride, (i + 1) * stride);
  for (let i = 0; i < size >> 1; i++) change(picture(i), picture(size - 1 - i));
}

const blendReversed = (batch: Batch, lambda: number): void => withReversed(batch, (own, other) => pixels.mix(own, other, lambda));

function swapReversed(batch: Batch, { top, bottom, left, right }: Box): void {
  const [, , height, width] = batch.shape;
  withReversed(batch, (own, other) => pixels.swapBoxes(own, other, width, height, left, top, right, bottom));
}
