/**
 * Learned tables of positions for another grid, by bicubic interpolation: position embeddings as timm 0.5.4 resizes them,
 * relative position biases as Swin does. https://github.com/huggingface/pytorch-image-models, https://arxiv.org/abs/2103.14030
 */

import { cat, type Tensor, upsampleBicubic2d } from "../torch/index.js";
import type { Model } from "./model.js";

// P prefix tokens, h × w positions in the file, H × W in the model, D width or heads

type Grid = readonly [number, number];

/** The grid of a square table of `count` positions. */
function square(count: number): Grid | undefined {
  const side = Math.round(Math.sqrt(count));
  return side > 0 && side ** 2 === count ? [side, side] : undefined;
}

/** How a key's table lies: rows in front that are no positions, and the model's grid. */
function layoutOf(key: string, own: Tensor, { grid }: Model["info"]): { prefix: number; to: Grid | undefined } | undefined {
  if (/(^|\.)relative_position_bias_table$/.test(key)) return { prefix: 0, to: square(own.shape[0]) };
  if (key === "pos_embed") return { prefix: own.shape[1] - grid[0] * grid[1], to: grid };
  return undefined;
}

/** The weights with every table of positions as long as the model's own; `note` hears of each kind that was resized. */
export function fitPositions(
  weights: ReadonlyMap<string, Tensor>,
  model: Model,
  note: (sentence: string) => void,
): ReadonlyMap<string, Tensor> {
  const own = model.stateDict();
  const said = new Set<string>();
  const fit = (key: string, table: Tensor): Tensor => {
    const target = own.get(key);
    if (!target || !differInLength(table, target)) return table;
    const layout = layoutOf(key, target, model.info);
    if (!layout?.to) return table;
    const rows = table.flatten({ endDim: -2 }); // [P + h·w, D]
    const from = square(rows.shape[0] - layout.prefix);
    if (!from) return table;
    said.add(`${key.split(".").at(-1)} from ${from.join("×")} to ${layout.to.join("×")} positions`);
    return resize(rows, layout.prefix, from, layout.to).reshape(target.shape);
  };
  const fitted = new Map([...weights].map(([key, table]) => [key, fit(key, table)]));
  for (const what of said) note(`Resized, bicubic: ${what}.`);
  return fitted;
}

/** The same but for the number of positions: anything else is another model's, and no table to resize. */
function differInLength({ shape: theirs }: Tensor, { shape: ours }: Tensor): boolean {
  const kin = theirs.length === ours.length && theirs.at(-1) === ours.at(-1);
  return kin && theirs.at(-2) !== ours.at(-2);
}

function resize(rows: Tensor /* [P + h·w, D] */, prefix: number, [h, w]: Grid, to: Grid): Tensor {
  const positions = rows.slice({ dim: 0, start: prefix }).to({ dtype: "float32" });
  const map = positions.reshape([1, h, w, -1]).permute([0, 3, 1, 2]); // [1, D, h, w]
  const larger = upsampleBicubic2d(map, to, false, null).flatten({ startDim: 2 }).select(0, 0).transpose(0, 1); // [H·W, D]
  return cat([rows.slice({ dim: 0, end: prefix }).to({ dtype: "float32" }), larger]); // [P + H·W, D]
}
