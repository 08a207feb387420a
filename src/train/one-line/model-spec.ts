/** Models as the command line names them, `NAME` or `NAME=FILE`, and what a weight file says of its classes. */

import { readWeights } from "../../checkpoint/index.js";
import { type CommonOptions, createModel, modelInfo } from "../../models/index.js";
import { tidy, withDevice } from "../../torch/index.js";
import { UserError } from "../../user-error.js";

export interface ModelSpec {
  model: string;
  weights?: string;
}

/** `cait_s24_224=S24_224.pth`; an object is taken as it is. The name must be one that is known. */
export function modelSpec(given: string | ModelSpec): ModelSpec {
  const [model, ...file] = typeof given === "string" ? given.split("=") : [given.model];
  modelInfo(model);
  if (typeof given !== "string") return given;
  return file.length === 0 ? { model } : { model, weights: file.join("=") };
}

/** A model with its weights, which a teacher must have. */
export function teacherSpec(given: string | ModelSpec): Required<ModelSpec> {
  const { model, weights } = modelSpec(given);
  if (weights !== undefined && weights !== "") return { model, weights };
  throw new UserError("ERR_NO_WEIGHTS", `The teacher ${model} has no weights, and would teach noise`, {
    remedy: `Name the file: --teacher ${model}=FILE. vit-distill finetune makes one for your pictures.`,
  });
}

/** The keys of a model's heads, in the order of `info.heads`, and the width of what they read: what changes with the classes. */
export function headsOf(model: string, options: CommonOptions = {}): { keys: { weight: string; bias: string }[]; width: number } {
  const shapes = (numClasses: number) =>
    tidy(() =>
      withDevice("meta", () => {
        const made = createModel(model, { ...options, numClasses });
        return new Map([...made.stateDict()].map(([key, { shape }]): [string, readonly number[]] => [key, [...shape]]));
      }),
    );
  const [seven, eleven] = [shapes(7), shapes(11)];
  const weights = [...seven].filter(([key, shape]) => shape.length === 2 && shape[0] === 7 && eleven.get(key)![0] === 11);
  const keys = weights.map(([weight]) => ({ weight, bias: weight.replace(/weight$/, "bias") }));
  return { keys, width: weights[0][1][1] };
}

/** How many classes the weights in a file tell apart, and their names where vit-distill wrote it. */
export function classesIn({ model, weights }: Required<ModelSpec>): { count: number; names?: readonly string[] } {
  const { tensors, metadata } = readWeights(weights);
  const known = headsOf(model).keys.map(({ weight }) => weight);
  const head = [...known, "classifier.weight", "head.weight", "head.fc.weight", "fc.weight"].find((key) => tensors.has(key));
  const count = head === undefined ? modelInfo(model).numClasses : tensors.get(head)!.shape[0];
  return { count, ...(metadata.classes !== undefined && { names: JSON.parse(metadata.classes) }) };
}
