/** How good a model is on labelled pictures, and how often it agrees with its teacher. */

import type { BadPicture, Batch, Loader } from "../data/index.js";
import type { Model } from "../models/index.js";
import { crossEntropy } from "../nn/index.js";
import { type Device, inferenceMode, type Tensor, tensor, tidy } from "../torch/index.js";
import { inPrecision, type Precision } from "./precision.js";
import { type View, viewOf } from "./view.js";

export interface Evaluation {
  /** Shares, 0 to 1. */
  top1: number;
  top5: number;
  /** Mean cross entropy. */
  loss: number;
  /** The class chosen for each picture, in the loader's order. */
  predictions: Int32Array;
}

export interface EvaluateOptions {
  device?: Device;
  precision?: Precision;
  /** Hears of each unusable picture that the loader had not met before. */
  onBad?: (picture: BadPicture) => void;
}

/** Runs the model over the loader once, in eval mode and on its own view of the pictures, and puts its mode back. */
export async function evaluate(
  model: Model,
  loader: Loader,
  { device = "cpu", precision = "float32", onBad = () => {} }: EvaluateOptions = {},
): Promise<Evaluation> {
  const view = viewOf(model.info, loader);
  const wasTraining = model.training;
  model.eval();
  const predictions: number[] = [];
  const sums = { top1: 0, top5: 0, loss: 0 };
  try {
    for await (const batch of loader.epoch(0)) {
      batch.bad.forEach(onBad);
      const scored = tidy(() => inferenceMode(() => inPrecision(precision, device, () => score(model, view, batch, device))));
      predictions.push(...scored.predictions);
      for (const name of ["top1", "top5", "loss"] as const) sums[name] += scored[name];
    }
  } finally {
    model.train(wasTraining);
  }
  const n = predictions.length;
  return { top1: sums.top1 / n, top5: sums.top5 / n, loss: sums.loss / n, predictions: Int32Array.from(predictions) };
}

/** Sums over one batch. */
function score(model: Model, view: View, batch: Batch, device: Device) {
  const images = view(tensor(batch.images, { shape: batch.shape, device })); // [B, C', S, S]
  const labels = tensor(batch.labels, { device }); // [B]
  const { logits } = model.forward(images); // [B, classes]
  const [, ranked] = logits.topk(Math.min(5, logits.size(-1))); // [B, 5]
  const hits = ranked.eq(labels.unsqueeze(1)); // [B, 5]
  return {
    predictions: numbers(ranked.select(1, 0)),
    top1: hits.select(1, 0).sum().item(),
    top5: hits.sum().item(),
    loss: crossEntropy(logits, labels).item() * batch.labels.length,
  };
}

const numbers = (x: Tensor): number[] => Array.from(x.data() as BigInt64Array, Number);

/** The share of pictures for which two lists of predictions name the same class. */
export function agreement(a: Int32Array, b: Int32Array): number {
  return a.reduce((same, prediction, i) => same + Number(prediction === b[i]), 0) / a.length;
}
