/**
 * Whether a model is as often right as it says: the expected calibration error. Pictures are put into 15 bins of equal width by the
 * confidence of the answer; ECE = Σ over bins of (pictures in the bin / all pictures) · |share right − mean confidence|.
 * https://arxiv.org/abs/1706.04599
 */

import type { Answers } from "./answers.js";

export const BINS = 15;

/** A bar of a reliability diagram: answers whose confidence is above `from`, up to `to`. */
export interface ReliabilityBin {
  from: number;
  to: number;
  pictures: number;
  /** Mean confidence and share right, 0 to 1; null where there is no picture. */
  confidence: number | null;
  accuracy: number | null;
}

/** The bins, from the least sure to the surest. A confidence on an edge is in the lower bin. */
export function reliability({ predictions, confidences }: Answers, labels: Int32Array /* [n] */): ReliabilityBin[] {
  const sums = Array.from({ length: BINS }, () => ({ pictures: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < labels.length; i++) {
    if (predictions[i] < 0) continue;
    const sum = sums[binOf(confidences[i])];
    sum.pictures++;
    sum.confidence += confidences[i];
    sum.right += Number(predictions[i] === labels[i]);
  }
  return sums.map(({ pictures, confidence, right }, bin) => ({
    from: bin / BINS,
    to: (bin + 1) / BINS,
    pictures,
    confidence: pictures === 0 ? null : confidence / pictures,
    accuracy: pictures === 0 ? null : right / pictures,
  }));
}

// a softmax may round to a little more than 1; what is no number is kept, so that the error is none either
const binOf = (confidence: number): number => Math.min(BINS, Math.ceil(confidence * BINS) || 1) - 1;

/** The expected calibration error, 0 to 1. */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  const all = bins.reduce((sum, { pictures }) => sum + pictures, 0);
  const gaps = bins.map(({ pictures, confidence, accuracy }) => pictures * Math.abs((accuracy ?? 0) - (confidence ?? 0)));
  return gaps.reduce((sum, gap) => sum + gap, 0) / all;
}
