/** How good a model is on labelled pictures. */

import { type BadPicture, type Batch, type Loader, ownPlaces } from "../data/index.js";
import type { Model } from "../models/index.js";
import { crossEntropy } from "../nn/index.js";
import { type Device, inferenceMode, type Tensor, tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { type Answers, noAnswers } from "./evaluation/answers.js";
import { calibrationError, reliability } from "./evaluation/calibration.js";
import { inPrecision, type Precision } from "./precision.js";
import { type View, viewOf } from "./view.js";

/** Scores of one model on one data set. */
export interface Scores {
  /** Shares, 0 to 1: the right class is named first, or among the first five. */
  top1: number;
  top5: number;
  /** Mean cross entropy, in nats. */
  loss: number;
  /** Expected calibration error over 15 bins, 0 to 1. */
  ece: number;
  /** Pictures that count. */
  pictures: number;
  /** Pictures that could not be used. They count nowhere, and neither does what stood in their places. */
  unusable: number;
}

/** Scores, and what they are made of. */
export interface Evaluation extends Scores, Answers {}

export interface EvaluateOptions {
  device?: Device;
  precision?: Precision;
  /** Hears of each unusable picture that the loader had not met before. */
  onBad?: (picture: BadPicture) => void;
  /** Aborting it ends the evaluation with its reason, before the next batch. */
  signal?: AbortSignal;
}

/**
 * Runs the model over the loader once, in eval mode and on its own view of the pictures, and puts its mode back. Of each picture the
 * answer is kept, of logits one batch.
 */
export async function evaluate(
  model: Model,
  loader: Loader,
  { device = "cpu", precision = "float32", onBad = () => {}, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const view = viewOf(model.info, loader);
  const { labels } = loader;
  const answers = noAnswers(labels.length);
  const sums = { top1: 0, top5: 0, loss: 0, pictures: 0 };
  const wasTraining = model.training;
  model.eval();
  try {
    for await (const batch of loader.epoch(0)) {
      signal?.throwIfAborted();
      batch.bad.forEach(onBad);
      const usable = ownPlaces(batch);
      if (usable.length === 0) continue;
      const scored = tidy(() =>
        inferenceMode(() => inPrecision(precision, device, () => score(model, view, batch, usable, device))),
      );
      usable.forEach((place, i) => {
        answers.predictions[batch.rows[place]] = scored.predictions[i];
        answers.confidences[batch.rows[place]] = scored.confidences[i];
      });
      for (const name of ["top1", "top5", "loss"] as const) sums[name] += scored[name];
      sums.pictures += usable.length;
    }
  } finally {
    model.train(wasTraining);
  }
  const { pictures: n } = sums;
  if (n === 0) throw new UserError("ERR_DATA", "None of the pictures to be evaluated on can be used");
  const mean = { top1: sums.top1 / n, top5: sums.top5 / n, loss: sums.loss / n };
  const ece = calibrationError(reliability(answers, labels));
  return { ...mean, ece, pictures: n, unusable: labels.length - n, ...answers };
}

/** Of one batch: answers in the order of the places that count, and sums. */
function score(model: Model, view: View, batch: Batch, usable: readonly number[], device: Device) {
  const chosen = (all: Tensor): Tensor => (usable.length === all.shape[0] ? all : all.indexSelect(0, placesIn(usable, device)));
  const images = view(chosen(tensor(batch.images, { shape: batch.shape, device }))); // [B, C', S, S]
  const labels = chosen(tensor(batch.labels, { device })); // [B]
  const { logits } = model.forward(images); // [B, classes]
  const [, ranked] = logits.topk(Math.min(5, logits.size(-1))); // [B, 5]
  const hits = ranked.eq(labels.unsqueeze(1)); // [B, 5]
  const first = ranked.narrow(1, 0, 1); // [B, 1]
  const confidences = logits.to({ dtype: "float32" }).softmax(-1).gather(1, first); // [B, 1]
  return {
    predictions: Array.from(first.data() as BigInt64Array, Number),
    confidences: confidences.data() as Float32Array,
    top1: hits.select(1, 0).sum().item(),
    top5: hits.sum().item(),
    loss: crossEntropy(logits, labels).item() * usable.length,
  };
}

const placesIn = (usable: readonly number[], device: Device): Tensor => tensor(BigInt64Array.from(usable, BigInt), { device });
