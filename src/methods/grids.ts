/** Patch tokens on one common grid: prefixes dropped, unequal grids refused or brought together on purpose. */

import type { Tensor } from "../torch/index.js";
import { UserError } from "../user-error.js";
import type { Tap, TapPair } from "./layer-map.js";

// B images, P prefix tokens, N = h·w patches, D width, r patches merged along a side

/** What to do when one side has more patches: refuse, concatenate r×r neighbours on the channels, or average them. */
export type UnequalGrids = "refuse" | "merge" | "pool";
export type Grid = readonly [number, number];

/** Two taps with the grid that they are compared on, and how the finer of them comes there. */
export interface Meeting extends TapPair {
  readonly grid: Grid;
  readonly unequalGrids: UnequalGrids;
}

export interface MeetOptions {
  /** What the method knows to do about unequal grids, for the error that names the ways out. */
  ways?: readonly Exclude<UnequalGrids, "refuse">[];
}

/** Brings each pair to the coarser of its grids; throws when a pair cannot meet. */
export const meet = (pairs: readonly TapPair[], unequalGrids: UnequalGrids, options: MeetOptions = {}): Meeting[] =>
  pairs.map((pair) => ({ ...pair, grid: commonGrid(pair, unequalGrids, options), unequalGrids }));

/** A model's patch tokens, without class and distillation tokens. */
export const patchTokens = (tokens: Tensor /* [B, P + N, D] */, { prefixTokens }: { prefixTokens: number }): Tensor =>
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
const same = (a: Grid, b: Grid): boolean => a[0] === b[0] && a[1] === b[1];
const divides = (small: Grid, large: Grid): boolean => large[0] % small[0] === 0 && large[1] % small[1] === 0;
const seen = ({ model, name, grid: [h, w] }: Tap): string => `${model} has ${h}×${w} patches at ${name}`;

/** The grid that both taps are compared on, the coarser of the two; throws when they cannot meet. */
export function commonGrid(
  { student, teacher }: TapPair,
  unequal: UnequalGrids,
  { ways = ["merge", "pool"] }: MeetOptions = {},
): Grid {
  const [small, large] = count(student.grid) <= count(teacher.grid) ? [student.grid, teacher.grid] : [teacher.grid, student.grid];
  if (same(small, large)) return small;
  const facts = `${seen(student)}, ${seen(teacher)}`;
  if (!divides(small, large)) {
    throw new UserError("ERR_PATCH_GRID", `${facts}: no whole number of patches of one covers a patch of the other`, {
      remedy: "Choose an image or patch size that gives one grid, or a multiple of it.",
    });
  }
  if (unequal === "refuse") {
    const neighbours = `${large[0] / small[0]}×${large[1] / small[1]} neighbours`;
    const does = { merge: `"merge" (${neighbours} side by side on the channels)`, pool: `"pool" (the mean of ${neighbours})` };
    const say = ways.length > 0 ? `, or say unequalGrids: ${ways.map((way) => does[way]).join(" or ")}` : "";
    throw new UserError("ERR_PATCH_GRID", `${facts}: patch by patch they cannot be compared`, {
      remedy: `Choose layers, an image or a patch size that give one grid${say}.`,
    });
  }
  return small;
}

/** A tap's patch tokens on the grid of its meeting. */
export function onGrid(tokens: Tensor, tap: Tap, { grid, unequalGrids }: Meeting): Tensor {
  const patches = patchTokens(tokens, tap);
  if (same(tap.grid, grid)) return patches;
  return unequalGrids === "merge" ? mergePatches(patches, tap.grid, grid) : poolPatches(patches, tap.grid, grid);
}
