/**
 * A teacher for one's own pictures: a trained model with a new head. The head is fitted to the frozen trunk first, and then all is
 * trained at a low rate, so that a head that knows nothing does not spoil the trunk. Kumar et al., https://arxiv.org/abs/2202.10054
 */

import { join, resolve } from "node:path";
import { modelInfo } from "../../models/index.js";
import { UserError } from "../../user-error.js";
import { checkDevice } from "../check-device.js";
import { maxBadOf, type OneLineEvent, type OneLineOptions, trainingFor } from "./distill.js";
import { classesIn, modelSpec } from "./model-spec.js";
import { describePictures, openPictures } from "./pictures.js";
import { saveProbe } from "./probe.js";
import { recipeText } from "./recipe-text.js";
import { type PreparedEvent, runWritten } from "./run-written.js";

export interface FinetuneOptions extends OneLineOptions {
  /** Its name. */
  model: string;
  /** The file with its trained weights. */
  weights: string;
}

const HEAD = "head.safetensors";

/** Fits a head, writes the recipe into the run folder and runs it. `student.safetensors` there is the model for `--teacher NAME=FILE`. */
export async function* finetune({
  data,
  model,
  weights,
  seed = 0,
  device = "cpu",
  ...options
}: FinetuneOptions): AsyncGenerator<OneLineEvent> {
  checkDevice(device);
  modelSpec(model);
  const { count } = classesIn({ model, weights });
  const pictures = await openPictures(data, { seed, models: [modelInfo(model)] });
  if (!pictures.labelled)
    throw new UserError("ERR_NO_LABELS", `${data} has no labels, and a model cannot be fine-tuned without`, {
      remedy: "Put the pictures of each class into a folder of its name.",
    });
  const numClasses = pictures.train.classes.length;
  const info = modelInfo(model, { numClasses, imgSize: options.size });
  const chosen = trainingFor(pictures, { trained: true, info, device, ...options });
  const text = recipeText({
    title: `${model} is fine-tuned on the pictures in ${pictures.name}: first its head, then all of it.`,
    ...chosen.written,
    student: { model, options: { numClasses, imgSize: options.size }, weights: [{ path: resolve(weights) }, { beside: HEAD }] },
    teachers: [],
    method: { value: { make: "none", options: { smoothing: 0.1 } }, why: "no teacher: this model is to become one" },
    gather: false,
  });
  yield { kind: "choice", what: "data", value: describePictures(pictures), why: `found in ${data}` };
  yield {
    kind: "choice",
    what: "head",
    value: `a new one for ${numClasses} classes, fitted first`,
    why: `the file's, for ${count} classes, is left out`,
  };
  yield* chosen.told;
  yield { kind: "recipe", text };
  if (options.dryRun) return;

  async function* prepare(dir: string): AsyncGenerator<PreparedEvent> {
    const file = join(dir, HEAD);
    const { size: imgSize, workers } = options;
    const result = await saveProbe(
      file,
      { model, weights },
      { ...pictures, imgSize, seed, device, workers, maxBad: maxBadOf(pictures) },
    );
    yield { kind: "head", file, ...result };
  }
  yield* runWritten({ name: `${pictures.name}-${model}`, out: options.out, text, prepare, device, signal: options.signal });
}
