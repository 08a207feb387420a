/** A CaiT that learns answers with the weights that it has now, whatever an operator of ours has laid out before. */

import { expect, test } from "vitest";
import { cait } from "../../src/models/index.js";
import { adamW, Ema, type OptimizerFactory, sgd } from "../../src/optim/index.js";
import { autocast, manualSeed, noGrad, randn, type Tensor, tidy } from "../../src/torch/index.js";

const made = () => cait({ imgSize: 16, patchSize: 4, embedDim: 32, depth: 2, heads: 2, numClasses: 5, initScale: 0.5 });

const answers = (model: ReturnType<typeof made>, images: Tensor) =>
  tidy(() => noGrad(() => autocast({}, () => model.eval().forward(images).logits.to({ dtype: "float32" }).toArray())));

test.each<[string, OptimizerFactory]>([
  ["AdamW", adamW({ lr: 1e-2 })],
  ["SGD", sgd({ lr: 1e-2, momentum: 0.9 })],
])("after steps of %s, and under their average, it is a fresh model with the same weights", async (_, factory) => {
  manualSeed(0);
  using model = made();
  using fresh = made();
  using optimizer = factory.build(model.namedParameters());
  using ema = new Ema(model, { decay: 0.5 });
  using images = randn([3, 3, 16, 16]);
  const expectUpToDate = () => {
    fresh.loadStateDict(model.stateDict());
    using untouched = made(); // nothing of it was ever laid out
    untouched.loadStateDict(model.stateDict());
    expect(answers(model, images)).toEqual(answers(untouched, images));
    expect(answers(fresh, images)).toEqual(answers(untouched, images));
  };
  for (let step = 0; step < 3; step++) {
    const before = answers(model, images);
    model.train();
    tidy(() => {
      optimizer.zeroGrad();
      model.forward(images).logits.square().mean().backward();
      optimizer.step(1e-2);
      ema.update();
    });
    expect(answers(model, images)).not.toEqual(before);
    expectUpToDate();
    await ema.during(async () => expectUpToDate());
    expectUpToDate();
  }
});
