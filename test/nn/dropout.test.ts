/** Dropout and stochastic depth drop in training only, and keep the mean. */

import { expect, test } from "vitest";
import { Dropout, DropPath } from "../../src/nn/index.js";
import { manualSeed, ones, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

onEachDevice(() => {
  test.each([new Dropout(0.25), new DropPath(0.25)])(
    "$constructor.name gives its input back outside training, and at rate 0",
    (layer) => {
      using x = ones([4, 2]);
      expect(layer.eval().forward(x)).toBe(x);
      expect(new (layer.constructor as typeof Dropout)(0).forward(x)).toBe(x);
    },
  );

  test("DropPath drops whole samples and scales the others by 1 / keep", () => {
    manualSeed(0);
    tidy(() => {
      const rows = new DropPath(0.25)
        .forward(ones([4000, 2, 2]))
        .flatten({ startDim: 1 })
        .toArray() as number[][];
      const whole = rows.filter((row) => row.every((value) => value === row[0]));
      const kept = rows.filter((row) => row[0] > 0);
      expect(whole.length).toBe(4000);
      expect(kept.length / 4000).toBeCloseTo(0.75, 1);
      expect(kept[0][0]).toBeCloseTo(1 / 0.75, 6);
    });
  });

  test("Dropout scales what it keeps", () => {
    tidy(() => {
      const values = new Dropout(0.5).forward(ones([64])).toArray() as number[];
      expect(new Set(values)).toEqual(new Set([0, 2]));
    });
  });
});
