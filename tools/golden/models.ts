/** Every model by name: keys, shapes and parameters in order, logits, the winning class, every block's output. */

import { createModel, listModels, type Model } from "../../src/models/index.js";
import { inferenceMode, tidy } from "../../src/torch/index.js";
import { type Check, exact, relativeToLargest, summaryError, tolerances } from "./check.js";
import type { Filler } from "./filler.js";
import type { Folder, ForwardRow } from "./folder.js";

/** The folder's names that are not ours: the preprint called the student CivT. */
const renamed: Record<string, string> = { civt_tiny: "coadvise_tiny", civt_small: "coadvise_small" };
const ours = (name: string): string => renamed[name] ?? name;

/** The folder's models that we have, and those that we do not. */
export function sortModels({ forward = {}, stateDicts = {} }: Folder): { built: string[]; missing: string[] } {
  const names = [...new Set([...Object.keys(forward), ...Object.keys(stateDicts)])];
  const known = new Set(listModels());
  return { built: names.filter((name) => known.has(ours(name))), missing: names.filter((name) => !known.has(ours(name))) };
}

export function checkModel(name: string, { forward, stateDicts }: Folder, filler: Filler): Check[] {
  const model = createModel(ours(name)).eval();
  try {
    const keys = stateDicts?.[name];
    const row = forward?.[name];
    return [...(keys ? [checkKeys(name, model, keys)] : []), ...(row ? checkForward(name, filler.fill(model), row, filler) : [])];
  } finally {
    model.dispose();
  }
}

export function checkKeys(name: string, model: Model, golden: readonly [string, number[]][]): Check {
  const ours = [...model.stateDict()].map(([key, value]) => [key, value.shape]);
  return exact(name, `${golden.length} keys and shapes in order`, JSON.stringify(ours) === JSON.stringify(golden));
}

function checkForward(name: string, model: Model, row: ForwardRow, filler: Filler): Check[] {
  const taps = row.blocks?.map((_, i) => `blocks.${i}`) ?? [];
  return tidy(() => {
    const images = filler.input(row.input, [row.batch, model.info.inChannels, row.size, row.size]);
    const output = inferenceMode(() => model.forward(images, { taps }));
    const logits = output.logits.toArray() as number[][];
    const first = relativeToLargest(
      logits.flatMap((values) => values.slice(0, 10)),
      row.logits_first10.flat(),
    );
    const blocks = Math.max(0, ...(row.blocks ?? []).map((golden, i) => summaryError(output.taps[i], golden)));
    const winners = logits.map((values) => values.indexOf(Math.max(...values)));
    return [
      exact(name, `${row.params} parameters`, model.parameterCount() === row.params),
      {
        subject: name,
        what: "logits",
        error: Math.max(first, summaryError(output.logits, row.logits)),
        tolerance: tolerances.logits,
      },
      exact(name, `argmax ${row.argmax.join(" ")}`, winners.join() === row.argmax.join()),
      ...(row.blocks
        ? [{ subject: name, what: `outputs of ${row.blocks.length} blocks`, error: blocks, tolerance: tolerances.logits }]
        : []),
    ];
  });
}
