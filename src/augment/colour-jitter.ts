/** Brightness, contrast and saturation, each by a factor drawn around 1, in random order, as torchvision's ColorJitter. */
import type { ImageOp, Rng } from "../data/index.js";
import { drawn, type Edit } from "./edit.js";
import { colour } from "./enhance.js";
import { brightness, contrast } from "./look-up.js";

export interface ColourJitterOptions {
  brightness?: number;
  contrast?: number;
  saturation?: number;
}

/** One number stands for all three: 0.4 draws factors from 0.6 to 1.4. */
export function colourJitter(by: number | ColourJitterOptions): ImageOp {
  const spread = typeof by === "number" ? { brightness: by, contrast: by, saturation: by } : by;
  const kinds: [(factor: number) => Edit, number | undefined][] = [
    [brightness, spread.brightness],
    [contrast, spread.contrast],
    [colour, spread.saturation],
  ];
  const alive = kinds.flatMap(([edit, width = 0]) => (width > 0 ? [{ edit, width }] : []));
  return drawn("colourJitter", spread, (rng: Rng) =>
    rng.shuffle([...alive]).map(({ edit, width }) => edit(rng.uniform(Math.max(0, 1 - width), 1 + width))),
  );
}
