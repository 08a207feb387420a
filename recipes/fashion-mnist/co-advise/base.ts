/** The quick start's student with a token for each teacher, and what the rows of the Co-advise table share. */

import { type Advice, type CoadviseOptions, coAdvise, coadvise, type Model, type Recipe, type RecipeOptions } from "vit-distill";
import quickstart from "../../quickstart.js";
import { input } from "../data.js";
import { convTeacher } from "../teacher-conv.js";
import { involutionTeacher } from "../teacher-involution.js";
import { shipped } from "../weights.js";

export const teachers = {
  conv: () => shipped(convTeacher(), "fashion_conv"),
  convB: () => shipped(convTeacher(), "fashion_conv_b"),
  inv: () => shipped(involutionTeacher(), "fashion_involution"),
};

/** 16 patches of 7×7, six blocks of width 64, on a plain patch stem unless told. */
export const student = ({ tokens, stem = "patch" }: Pick<CoadviseOptions, "tokens" | "stem">) =>
  coadvise({
    name: "fashion_coadvise",
    imgSize: 28,
    inChannels: 1,
    numClasses: 10,
    patchSize: 7,
    embedDim: 64,
    depth: 6,
    heads: 2,
    stem,
    stemStride: 1,
    stemWidth: 32,
    tokens,
    input,
  });

/** A recipe for these teachers, each with the token of its name. */
export function advised(
  options: RecipeOptions,
  by: Record<string, () => Model>,
  { stem }: Pick<CoadviseOptions, "stem"> = {},
): Recipe {
  const tokens = Object.keys(by);
  const advice: Advice[] = tokens.map((token) => ({ token }));
  return {
    ...quickstart(options),
    student: () => student({ tokens, stem }),
    teachers: Object.values(by),
    method: coAdvise({ teachers: advice, smoothing: 0.1 }),
  };
}
