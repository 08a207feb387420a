/** The average of a module's state: its formula, the swap around an evaluation, a resume. */

import { expect, test } from "vitest";
import { BatchNorm2d } from "../../src/nn/index.js";
import { Ema } from "../../src/optim/index.js";
import { noGrad } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

onEachDevice(() => {
  test("follows floats by the decay and copies counters", () => {
    using norm = new BatchNorm2d(1);
    using ema = new Ema(norm, { decay: 0.75 });
    noGrad(() => norm.weight.fill_(5));
    norm.numBatchesTracked.fill_(3);
    ema.update();
    expect(ema.stateDict().get("weight")!.toArray()).toEqual([2]);
    expect(ema.stateDict().get("num_batches_tracked")!.item()).toBe(3);
  });

  test("the module holds the averages during an evaluation, and its own values after it, even when it fails", async () => {
    using norm = new BatchNorm2d(1);
    using ema = new Ema(norm, { decay: 0.75 });
    noGrad(() => norm.weight.fill_(5));
    expect(await ema.during(async () => norm.weight.toArray())).toEqual([1]);
    expect(norm.weight.toArray()).toEqual([5]);
    await expect(ema.during(() => Promise.reject(new Error("stop")))).rejects.toThrow("stop");
    expect(norm.weight.toArray()).toEqual([5]);
  });

  test("resumes from its state", () => {
    using norm = new BatchNorm2d(1);
    using first = new Ema(norm, { decay: 0.75 });
    noGrad(() => norm.weight.fill_(5));
    first.update();
    using second = new Ema(norm, { decay: 0.75 });
    second.loadStateDict(first.stateDict());
    expect(second.stateDict().get("weight")!.toArray()).toEqual([2]);
  });
});
