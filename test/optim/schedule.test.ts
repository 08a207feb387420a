/** The per-step cosine's corners, and DeiT's per-epoch behaviour against the reference values. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cosine, deitEpochCosine, lrAfterEpoch } from "../../src/optim/index.js";

const fixture = JSON.parse(readFileSync(new URL("../golden/fixtures/schedule.json", import.meta.url), "utf8")).deit_epoch_cosine;
const options = { warmupEpochs: fixture.warmup_epochs, warmupLr: fixture.warmup_lr, floor: fixture.min_lr };

test.each(Object.entries<number>(fixture.lr_after_step_epoch))("after step(%s) the rate is timm's", (epoch, lr) => {
  const after = lrAfterEpoch({ lr: fixture.lr, epochs: fixture.epochs, ...options });
  expect(Math.abs(after(Number(epoch)) - lr) / lr).toBeLessThan(1e-9);
});

test("DeiT runs epochs 0 and 1 both at the warm-up rate, and each later epoch one behind", () => {
  const { lrAt } = deitEpochCosine(options).build({ lr: fixture.lr, steps: 3000, stepsPerEpoch: 10 });
  expect([0, 9, 10, 19].map(lrAt)).toEqual([1e-6, 1e-6, 1e-6, 1e-6]);
  expect(lrAt(20)).toBeCloseTo(fixture.lr_after_step_epoch[1], 12);
  expect(lrAt(69)).toBeCloseTo(fixture.lr_after_step_epoch[5], 12);
});

test("the per-step cosine rises to the rate, is half-way in the middle and falls to the floor", () => {
  const { lrAt } = cosine({ warmupEpochs: 2, warmupLr: 0.1, floor: 0.5 }).build({ lr: 1, steps: 120, stepsPerEpoch: 10 });
  expect([0, 10, 20, 70, 120].map(lrAt)).toEqual([0.1, 0.55, 1, 0.75, 0.5]);
});

test("a run that is all warm-up stays within it", () => {
  const { lrAt } = cosine({ warmupEpochs: 1, warmupLr: 0, floor: 0 }).build({ lr: 1, steps: 10, stepsPerEpoch: 10 });
  expect(lrAt(9)).toBeCloseTo(0.9);
});

test("a warm restart begins a new descent from its own rate, and leaves the one before as it was", () => {
  const length = { lr: 1, stepsPerEpoch: 10 };
  const once = cosine({ warmupEpochs: 2, floor: 0.1 }).build({ ...length, steps: 60 });
  const again = cosine({ warmupEpochs: 2, floor: 0.1, restarts: [{ epoch: 6, lr: 0.5 }] }).build({ ...length, steps: 100 });
  for (const step of [0, 15, 20, 40, 59]) expect(again.lrAt(step)).toBe(once.lrAt(step));
  expect([60, 80, 100].map(again.lrAt)).toEqual([0.5, expect.closeTo(0.3, 10), expect.closeTo(0.1, 10)]);
});
