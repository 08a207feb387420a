/** ResNet against torchvision's: keys, shapes, logits and the maps of the stages, from weights made by a formula. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createModel } from "../../src/models/index.js";
import { inferenceMode, tidy } from "../../src/torch/index.js";
import { relativeToLargest, tolerances } from "../../tools/golden/check.js";
import { Filler } from "../../tools/golden/filler.js";
import { onEachDevice } from "../support/devices.js";

interface Row {
  size: number;
  state: [key: string, shape: number[]][];
  parameters: number;
  /** The shape of each stage's map [B, D, h, w], and the mean of its absolute values. */
  stages: [shape: number[], mean: number][];
  logits: number[][];
}

const golden: Record<string, Row> = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8"));

onEachDevice(() => {
  test.each(Object.entries(golden))("%s computes what torchvision's does", (name, row) => {
    using model = createModel(name, { imgSize: row.size }).eval();
    expect([...model.stateDict()].map(([key, { shape }]) => [key, shape])).toEqual(row.state);
    expect(model.parameterCount()).toBe(row.parameters);
    const filler = new Filler();
    filler.fill(model);
    tidy(() => {
      const images = filler.input(`input/${row.size}`, [2, 3, row.size, row.size]);
      const taps = row.stages.map((_, i) => `stages.${i}`);
      const output = inferenceMode(() => model.forward(images, { taps }));
      const first = (output.logits.toArray() as number[][]).flatMap((values) => values.slice(0, 10));
      expect(relativeToLargest(first, row.logits.flat())).toBeLessThan(tolerances.logits);
      for (const [i, [[b, d, h, w], mean]] of row.stages.entries()) {
        expect(output.taps[i].shape).toEqual([b, h * w, d]);
        expect(output.taps[i].abs().mean().item() / mean).toBeCloseTo(1, 4);
      }
    });
  });
});
