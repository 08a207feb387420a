/** Loss scaling on a processor: the arithmetic of torch.cuda.amp.GradScaler. float16 itself runs on GPUs only. */

import { describe, expect, test } from "vitest";
import { Linear, type Module, mse } from "../../src/nn/index.js";
import { adamW, clipGradNorm_, gradNorm, LossScaler } from "../../src/optim/index.js";
import { gradsOf, manualSeed, randn, tidy } from "../../src/torch/index.js";

const layer = () => (manualSeed(1), new Linear(5, 3));
const weights = (module: Module) => module.parameters().map((parameter) => parameter.toArray());

/** Steps of a small regression; the scaler's loss may be blown up first. */
function steps(count: number, scaler: LossScaler | null, { blowUp = [] as number[] } = {}) {
  return tidy(() => {
    using module = layer();
    using optimizer = adamW({ lr: 1e-2 }).build(module.namedParameters());
    manualSeed(2);
    const told: { scale: number | undefined; overflowed: boolean; norm: number; weights: unknown }[] = [];
    for (let step = 0; step < count; step++) {
      const [x, y] = [randn([7, 5]), randn([7, 3])];
      const loss = mse(module.forward(x), y);
      const scaled = scaler?.scaled(loss) ?? loss;
      scaled.mul(blowUp.includes(step) ? 3e38 : 1).backward();
      scaler?.unscale_(optimizer.parameters);
      const norm = clipGradNorm_(optimizer.parameters, 0.5);
      const overflowed = scaler?.update({ overflowed: !Number.isFinite(norm) }) ?? false;
      if (!overflowed) optimizer.step();
      optimizer.zeroGrad();
      told.push({ scale: scaler?.scale, overflowed, norm, weights: weights(module) });
    }
    return told;
  });
}

test("a scaled loss, unscaled before clipping, makes the very same update", () => {
  const [scaled, plain] = [steps(5, new LossScaler()), steps(5, null)];
  expect(scaled.map(({ weights }) => weights)).toEqual(plain.map(({ weights }) => weights)); // powers of two lose nothing
  expect(scaled.map(({ norm }) => norm)).toEqual(plain.map(({ norm }) => norm));
  expect(scaled.every(({ scale }) => scale === 65_536)).toBe(true);
});

test("an overflow halves the scale, and its step is the caller's to leave out", () => {
  const told = steps(3, new LossScaler(), { blowUp: [1] });
  expect(told.map(({ scale, overflowed }) => [scale, overflowed])).toEqual([[65_536, false], [32_768, true], [32_768, false]]); // biome-ignore format: pairs
  expect(told[1].weights).toEqual(told[0].weights);
  expect(told[2].weights).not.toEqual(told[1].weights);
});

describe("the scale", () => {
  test("doubles after so many steps without an overflow, counted anew after each", () => {
    const scaler = new LossScaler({ init: 8, every: 3 });
    const after = (...overflows: boolean[]) => overflows.map((overflowed) => (scaler.update({ overflowed }), scaler.scale));
    expect(after(false, false, true, false, false, false, false)).toEqual([8, 8, 4, 4, 4, 8, 8]);
  });

  test("has a floor, below which an overflow is no matter of scaling", () => {
    const scaler = new LossScaler({ init: 4 });
    expect([true, true, true].map((overflowed) => scaler.update({ overflowed }))).toEqual([true, true, false]);
    expect(scaler.scale).toBe(1);
  });

  test("goes on where it was saved", () => {
    const first = new LossScaler({ every: 3 });
    for (const overflowed of [true, false, false]) first.update({ overflowed });
    const second = new LossScaler({ every: 3 });
    second.restore(JSON.parse(JSON.stringify(first.state())));
    for (const scaler of [first, second]) scaler.update({ overflowed: false });
    expect(second.state()).toEqual(first.state());
    expect(second.scale).toBe(65_536);
  });
});

test("parameters without a gradient are left alone", () => {
  tidy(() => {
    using module = layer();
    new LossScaler().unscale_(module.parameters());
    expect(gradsOf(module.parameters())).toEqual([null, null]);
    expect(gradNorm(module.parameters())).toBe(0);
  });
});
