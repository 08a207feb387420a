/** Patch tokens on one common grid: prefixes dropped, unequal grids refused or brought together on purpose. */

import type { ModelInfo } from "../models/index.js";
import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { Players } from "./method.js";

// B images, P prefix tokens, N = h·w patches, D width, r patches merged along a side

/** What to do when one side has more patches: refuse, concatenate r×r neighbours on the channels, or average them. */
export type UnequalGrids = "refuse" | "merge" | "pool";
export type Grid = readonly [number, number];

/** A model's patch tokens, without class and distillation tokens. */
export const patchTokens = (tokens: Tensor /* [B, P + N, D] */, { prefixTokens }: ModelInfo): Tensor =>
  prefixTokens === 0 ? tokens : tokens.slice({ dim: 1, start: prefixTokens }); // [B, N, D]

/** Concatenates every r×r block of neighbours on the channels. */
export function mergePatches(tokens: Tensor /* [B, N, D] */, from: Grid, to: Grid): Tensor {
  const [b, , d] = tokens.shape;
  const [ry, rx] = [from[0] / to[0], from[1] / to[1]];
  return blocks(tokens, from, to).reshape([b, to[0] * to[1], ry * rx * d]); // [B, N/r², r²·D]
}

/** Averages every r×r block of neighbours. */
export function poolPatches(tokens: Tensor /* [B, N, D] */, from: Grid, to: Grid): Tensor {
  const [b, , d] = tokens.shape;
  return blocks(tokens, from, to)
    .mean([3, 4])
    .reshape([b, to[0] * to[1], d]); // [B, N/r², D]
}

function blocks(tokens: Tensor, from: Grid, to: Grid): Tensor {
  const [b, , d] = tokens.shape;
  const [ry, rx] = [from[0] / to[0], from[1] / to[1]];
  return tokens.reshape([b, to[0], ry, to[1], rx, d]).permute([0, 1, 3, 2, 4, 5]); // [B, h, w, r, r, D]
}

const count = ([h, w]: Grid): number => h * w;
const divides = (small: Grid, large: Grid): boolean => large[0] % small[0] === 0 && large[1] % small[1] === 0;
const show = ([h, w]: Grid): string => `${h}×${w}`;

/** The grid that both sides are compared on; throws when they cannot meet. */
export function commonGrid({ student, teacher }: Players, unequal: UnequalGrids): Grid {
  const [small, large] = count(student.grid) <= count(teacher.grid) ? [student.grid, teacher.grid] : [teacher.grid, student.grid];
  if (small[0] === large[0] && small[1] === large[1]) return small;
  const facts = `${student.name} sees ${show(student.grid)} patches and ${teacher.name} ${show(teacher.grid)}`;
  if (!divides(small, large)) {
    throw new UserError(`${facts}: no whole number of patches of one covers a patch of the other`, {
      remedy: "Choose an image or patch size that gives one grid, or a multiple of it.",
    });
  }
  if (unequal === "refuse") {
    const r = large[0] / small[0];
    throw new UserError(`${facts}: patch by patch they cannot be compared`, {
      remedy: `Choose an image or patch size that gives one grid, or say unequalGrids: "merge" (${r}×${r} neighbours side by side on the channels) or "pool" (their mean).`,
    });
  }
  return small;
}

/** Patch tokens of one model on the common grid. */
export function onGrid(tokens: Tensor, info: ModelInfo, grid: Grid, unequal: UnequalGrids): Tensor {
  const patches = patchTokens(tokens, info);
  if (count(info.grid) === count(grid)) return patches;
  return unequal === "merge" ? mergePatches(patches, info.grid, grid) : poolPatches(patches, info.grid, grid);
}
