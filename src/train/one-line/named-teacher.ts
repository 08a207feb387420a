/** A teacher as it is named without a recipe: a model of ours with its weights, or a file of another tool. */

import { resolve } from "node:path";
import { type ModelInfo, modelInfo } from "../../models/index.js";
import { UserError } from "../../user-error.js";
import { type ForeignSpec, foreignSpec, openForeign } from "./foreign-spec.js";
import { classesIn, type ModelSpec, teacherSpec } from "./model-spec.js";
import type { WrittenTeacher } from "./recipe-text.js";

export interface NamedTeacher {
  name: string;
  /** With as many classes as it tells apart. */
  info: ModelInfo;
  /** Of its classes, where its weights carry them. */
  names?: readonly string[];
  /** What a head for other classes can be fitted to; null where the head is a part of the file. */
  trunk: Required<ModelSpec> | null;
  /** What its file does not say, and was assumed. */
  assumed: readonly string[];
  /** For a recipe; with `head`, a file beside the recipe, for `numClasses` classes. */
  written(head?: { file: string; numClasses: number }): WrittenTeacher;
}

export function namedTeacher(given: string | ModelSpec): NamedTeacher {
  const foreign = typeof given === "string" ? foreignSpec(given) : undefined;
  return foreign ? fromFile(foreign) : ofOurs(teacherSpec(given));
}

function ofOurs(trunk: Required<ModelSpec>): NamedTeacher {
  const { model, weights } = trunk;
  const { count, names } = classesIn(trunk);
  const options = (numClasses: number) => ({ numClasses: numClasses === modelInfo(model).numClasses ? undefined : numClasses });
  return {
    name: model,
    info: modelInfo(model, { numClasses: count }),
    names,
    trunk,
    assumed: [],
    written: (head) => ({
      model,
      options: options(head?.numClasses ?? count),
      weights: [{ path: resolve(weights) }, ...(head ? [{ beside: head.file }] : [])],
    }),
  };
}

/** Opened for its facts, and closed again. What was assumed is written down. */
function fromFile({ make, file, options }: ForeignSpec): NamedTeacher {
  const assumed: string[] = [];
  using teacher = openForeign({ make, file, options: { ...options, note: (sentence) => assumed.push(sentence) } });
  const { info } = teacher;
  return {
    name: info.name,
    info,
    trunk: null,
    assumed,
    written: () => ({ make, file: resolve(file), options: { ...options, input: info.input } }),
  };
}

/** The trunk that a new head is fitted to. */
export function trunkOf({ name, trunk }: NamedTeacher): Required<ModelSpec> {
  if (trunk) return trunk;
  throw new UserError("ERR_USAGE", `The head of ${name} is a part of its file, and no other can be fitted to it`, {
    remedy: "Let its features teach (taps=… and --method manifold), or take a model of ours: --teacher NAME=WEIGHTS.",
  });
}
