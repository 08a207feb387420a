/** Which of our models weights are for, told by their keys and shapes alone. */

import { empty, type Tensor, tidy, withDevice } from "../torch/index.js";
import type { Model } from "./model.js";
import { listModels, makeModel, modelInfo } from "./table.js";
import { fromTransformers, isTransformers } from "./transformers-names.js";

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** ViT and its kin have head, head_dist, head_conv …, RegNet head.fc, RedNet classifier, ResNet fc. */
export const isHead = (key: string): boolean => /^(head(_[a-z0-9]+)?|classifier|fc)\./.test(key);

/** The classes that a head among these tells apart. */
export const headClasses = (shapes: Shapes): number | undefined =>
  [...shapes].find(([key]) => isHead(key) && key.endsWith(".weight"))?.[1][0];

// what changes with the classes and the size of the pictures, and not with the model
const isOfUse = (key: string): boolean => isHead(key) || /(^|[._])(pos_embed|relative_position_bias_table)$/.test(key);

const ENOUGH = 0.8;

export interface Likeness {
  /** Whose names the keys are. */
  naming: "timm" | "Transformers";
  /** Our models whose keys and shapes agree best, several when they are built alike; none when none agrees for the most part. */
  models: string[];
  /** The family whose layers these are, of whatever width and depth. */
  family?: string;
  /** What the head tells apart. */
  classes?: number;
  /** The side of the pictures, where it can be told from a table of positions or is the model's own. */
  imageSize?: number;
}

/** What weights of these keys and shapes are for. No weights are made to find out. */
export function recognise(shapes: Shapes): Likeness {
  return tidy(() =>
    withDevice("meta", () => {
      const weights = fromTransformers(new Map([...shapes].map(([key, shape]) => [key, empty(shape)])));
      const models = likelyModels(weights);
      const naming = isTransformers(shapes.keys()) ? "Transformers" : "timm";
      const named = shapesOf(weights);
      return { naming, models, family: familyOf(weights), classes: headClasses(named), imageSize: imageSize(models[0], named) };
    }),
  );
}

function likelyModels(weights: ReadonlyMap<string, Tensor>): string[] {
  const extents = new Set([...weights.values()].flatMap(({ shape }) => shape));
  const candidates = listModels().filter((name) => extents.has(modelInfo(name).embedDim));
  const scored = candidates.map((name) => ({ name, ...tidy(() => agreement(makeModel(name), weights)) }));
  const most = (rows: typeof scored, by: "share" | "exact") =>
    rows.filter((row) => row[by] === Math.max(...rows.map((other) => other[by])));
  const alike = scored.filter(({ share }) => share >= ENOUGH);
  return most(most(alike, "share"), "exact").map(({ name }) => name);
}

/** By the kinds of keys, numbers left out. */
function familyOf(weights: ReadonlyMap<string, Tensor>): string | undefined {
  const kinds = (keys: Iterable<string>) => new Set([...keys].map((key) => key.replace(/\d+/g, "#")));
  const theirs = kinds(weights.keys());
  const families = new Map(listModels().map((name) => [modelInfo(name).family, name]));
  const scored = [...families].map(([family, name]) => {
    const ours = tidy(() => kinds(makeModel(name).stateDict().keys()));
    const shared = [...ours].filter((kind) => theirs.has(kind)).length;
    return { family, share: shared / Math.max(ours.size, theirs.size) };
  });
  return scored.filter(({ share }) => share >= ENOUGH).sort((a, b) => b.share - a.share)[0]?.family;
}

function imageSize(name: string | undefined, shapes: Shapes): number | undefined {
  if (name === undefined) return undefined;
  const { input, grid, prefixTokens } = modelInfo(name);
  const tokens = shapes.get("pos_embed")?.[1];
  if (tokens === undefined) return input.size;
  // with its prefix or, in CaiT and later ViTs, without
  const sides = [prefixTokens, 0].map((prefix) => Math.sqrt(tokens - prefix)).filter(Number.isInteger);
  return sides.length > 0 ? (sides[0] * input.size) / grid[0] : undefined;
}

export const shapesOf = (weights: ReadonlyMap<string, Tensor>): Shapes =>
  new Map([...weights].map(([key, { shape }]) => [key, shape]));

/** The share of keys that agree, whatever the classes and the image size, and the number that agree to the letter. */
function agreement(model: Model, weights: ReadonlyMap<string, Tensor>): { share: number; exact: number } {
  const [ours, theirs] = [model.stateDict(), model.convertWeights(weights)];
  const same = ([key, own]: [string, Tensor]) => theirs.get(key)?.shape.join() === own.shape.join();
  const exact = [...ours].filter(same).length;
  const alike = [...ours].filter((entry) => same(entry) || (isOfUse(entry[0]) && theirs.has(entry[0]))).length;
  return { share: alike / Math.max(ours.size, theirs.size), exact };
}
