/** A result of a foreign program as a tap: which of its extents are patches, and the tokens in front of them. */
import type { Tensor } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import type { TapShape } from "../model.js";

// B images, P prefix tokens, N = h·w patches, D width

export interface ForeignTap {
  /** Its name in the file: of an output, or of what is inside (a tensor of an ONNX file, a submodule of a TorchScript file). */
  output: string;
  /** Patches down and across; a square one is seen by itself. */
  grid?: readonly [number, number];
  /** Tokens in front of the patches; none, one or two are seen by themselves where the grid is square. */
  prefixTokens?: number;
  /** `tokens`: [B, P + N, D]; `map`: [B, D, h, w]; `channelsLast`: [B, h, w, D]. By the number of extents, the first two, unless told. */
  layout?: "tokens" | "map" | "channelsLast";
}

export interface TapFacts extends TapShape {
  readonly output: string;
  readonly layout: "tokens" | "map" | "channelsLast";
  readonly prefixTokens: number;
}

interface Seen {
  /** Of the result, the pictures included. */
  shape: readonly number[];
  /** The file. */
  where: string;
}

/** What a tap is, from what is said of it and the shape of its result; refused where the two do not fit, or leave a choice. */
export function tapFacts(name: string, { output, layout, grid, prefixTokens }: ForeignTap, { shape, where }: Seen): TapFacts {
  const refuse = (why: string, remedy?: string): never => {
    const whose = name === output ? `"${name}"` : `"${name}" (${output})`;
    throw new UserError("ERR_PATCH_GRID", `the tap ${whose} is [${["B", ...shape.slice(1)].join(", ")}]: ${why}`, {
      where,
      remedy,
    });
  };
  const rank = layout === undefined ? [3, 4] : layout === "tokens" ? [3] : [4];
  if (!rank.includes(shape.length)) refuse("tokens are [B, P + N, D], a map is [B, D, h, w]");
  if (shape.length === 3) {
    const [, tokens, width] = shape;
    const patches = grid
      ? grid[0] * grid[1]
      : tokens -
        (prefixTokens ??
          prefixOf(tokens) ??
          refuse("no square of patches has so many tokens, with none, one or two in front", "Say its grid: [h, w]."));
    const side = Math.sqrt(patches);
    const square = Number.isInteger(side) && side > 0 ? ([side, side] as const) : undefined;
    const prefix = tokens - patches;
    const found = grid ?? square ?? refuse(`${patches} patches are no square`, "Say its grid: [h, w].");
    if (prefix < 0 || (prefixTokens !== undefined && prefix !== prefixTokens))
      refuse(
        `a grid of ${found.join("×")} and ${prefixTokens ?? "some"} tokens in front would be ${patches + (prefixTokens ?? 0)}`,
      );
    return { output, layout: "tokens", grid: found, prefixTokens: prefix, width };
  }
  const [, first, second, third] = shape;
  const [found, width] = layout === "channelsLast" ? [[first, second] as const, third] : [[second, third] as const, first];
  if (prefixTokens) refuse("a map has no tokens in front");
  if (grid && String(grid) !== String(found)) refuse(`its map is ${found.join("×")}, not ${grid.join("×")}`);
  if (!grid && !layout && second !== third)
    refuse("it may be [B, D, h, w] or [B, h, w, D]", 'Say its layout: "map" or "channelsLast".');
  return { output, layout: layout ?? "map", grid: found, prefixTokens: 0, width };
}

/** Of so many tokens, those in front of a square of patches: one answer at most, from three tokens on. */
const prefixOf = (tokens: number): number | undefined =>
  [0, 1, 2].find((prefix) => tokens > prefix && Number.isInteger(Math.sqrt(tokens - prefix)));

/** A tap's result as tokens, the last `prefix` of those in front kept. */
export function tokensOf(result: Tensor, { layout, grid, prefixTokens }: TapFacts, prefix: number): Tensor {
  if (layout === "map") return result.flatten({ startDim: 2 }).transpose(1, 2); // [B, N, D]
  if (layout === "channelsLast") return result.reshape([result.shape[0], grid[0] * grid[1], -1]); // [B, N, D]
  return prefix === prefixTokens ? result : result.slice({ dim: 1, start: prefixTokens - prefix }); // [B, P + N, D]
}
