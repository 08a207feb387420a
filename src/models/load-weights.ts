/** Weights of a published or own checkpoint into a model, with one clear sentence when they do not fit. */

import { readWeights, toTensors } from "../checkpoint/index.js";
import { type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { fitPositions } from "./fit-positions.js";
import { headClasses, isHead, recognise, shapesOf } from "./likely-models.js";
import type { Model } from "./model.js";
import { fromTransformers } from "./transformers-names.js";

/** Tensors by timm's or Transformers' keys, or the file that holds them (`readWeights` says which files). */
export type Weights = ReadonlyMap<string, Tensor> | string;

export interface LoadOptions {
  /** Keep the model's own classification heads: for a new set of classes on a trained trunk. `if-other`: where the weights tell another number apart. */
  freshHead?: boolean | "if-other";
  /** Hears what was done to the weights (tables resized, heads left out, one state dict of several taken); stderr unless given. */
  note?: (sentence: string) => void;
}

/**
 * Copies weights into the model. Strict: every key must be there, of its shape, and none besides. Tables of positions are
 * resized to the model's grid.
 */
export function loadWeights<M extends Model>(
  model: M,
  weights: Weights,
  { freshHead = false, note = (sentence) => console.warn(sentence) }: LoadOptions = {},
): M {
  const say = (sentence: string) => note(`${model.info.name}: ${sentence}`);
  tidy(() => {
    const named = fromTransformers(typeof weights === "string" ? open(weights, say) : weights);
    const found = fitPositions(model.convertWeights(named), model, say);
    checkTokens(model, found);
    const isFresh = freshHead === "if-other" ? classesOf(found) !== model.info.numClasses : freshHead;
    if (!isFresh) checkClasses(model, found);
    copy(model, isFresh ? keepHeads(model, found, say) : found, named, typeof weights === "string" ? weights : undefined);
  });
  return model;
}

function open(path: string, say: (sentence: string) => void): ReadonlyMap<string, Tensor> {
  const file = readWeights(path);
  const [name] = file.files;
  const others = file.others.map((other) => `${name}#${other}`);
  const asked = path.endsWith(`#${file.nesting}`);
  if (others.length > 0 && !asked) say(`Took "${file.nesting}" of ${name}, which also holds ${others.join(", ")}.`);
  return toTensors(file);
}

/** The model's own heads in place of the file's, which is said aloud: they have learned nothing. */
function keepHeads(model: Model, weights: ReadonlyMap<string, Tensor>, say: (sentence: string) => void): Map<string, Tensor> {
  const theirs = classesOf(weights);
  const ofTheFile = theirs === undefined ? "The file has no head" : `The file's head for ${theirs} classes is left out`;
  say(`${ofTheFile}; the model's own for ${model.info.numClasses} begins untrained.`);
  const isOurs = ([key]: readonly [string, Tensor]) => isHead(key);
  return new Map([...[...model.stateDict()].filter(isOurs), ...[...weights].filter((entry) => !isOurs(entry))]);
}

/** What does not fit is listed, with the model that the weights `asGiven` look like. */
function copy(
  model: Model,
  weights: ReadonlyMap<string, Tensor>,
  asGiven: ReadonlyMap<string, Tensor>,
  where: string | undefined,
): void {
  try {
    model.loadStateDict(new Map(weights));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { models: likely } = recognise(shapesOf(asGiven));
    const looks =
      likely.includes(model.info.name) || likely.length === 0 ? "" : `\nThey look like those of ${likely.join(" or ")}.`;
    throw new UserError("ERR_WEIGHTS_MISMATCH", `${error.message}${looks}`, { where, cause: error });
  }
}

/** Without this the second token's keys would be one line each, and nobody would see why. */
function checkTokens(model: Model, weights: ReadonlyMap<string, Tensor>): void {
  const token = "dist_token";
  const [theirs, ours] = [weights.has(token), model.stateDict().has(token)];
  if (theirs === ours || !weights.has("cls_token")) return;
  const { name } = model.info;
  const likely = recognise(shapesOf(weights)).models.join(" or ");
  throw new UserError(
    "ERR_WEIGHTS_MISMATCH",
    theirs
      ? `The weights have a distillation token, ${name} has none`
      : `${name} has a distillation token, the weights have none`,
    { remedy: likely === "" ? `Make the model with distilled: ${theirs}.` : `They look like those of ${likely}.` },
  );
}

/** Of weights that fit but for their head. */
function checkClasses(model: Model, weights: ReadonlyMap<string, Tensor>): void {
  const classes = classesOf(weights);
  const { name, numClasses } = model.info;
  const trunk = [...model.stateDict()].filter(([key]) => !isHead(key));
  const fits = trunk.every(([key, own]) => weights.get(key)?.shape.join() === own.shape.join());
  if (classes === undefined || classes === numClasses || !fits) return;
  throw new UserError("ERR_CLASSES", `The weights for ${name} tell ${classes} classes apart, the model ${numClasses}`, {
    remedy: `Make the model with numClasses: ${classes}, or load with freshHead: true to train a new head on the old trunk.`,
  });
}

const classesOf = (weights: ReadonlyMap<string, Tensor>) => headClasses(shapesOf(weights));
