/** A ViT that learns in bfloat16 by the operator of ours goes the way of the layers that it stands for. */

import { expect, test } from "vitest";
import { vit } from "../../src/models/index.js";
import { Mlp } from "../../src/nn/index.js";
import { adamW } from "../../src/optim/index.js";
import { autocast, hasMatrixUnit, listen, manualSeed, noGrad, randn, tensor, tidy } from "../../src/torch/index.js";

const CLASSES = 4;
const made = (initScale?: number) =>
  vit({ imgSize: 16, patchSize: 4, embedDim: 48, depth: 3, heads: 3, numClasses: CLASSES, dropPath: 0.2, initScale });

type Form = "float32" | "layers" | "operator";

/** The losses of some steps on the same pictures, and how often the operator ran. A dropout of nothing keeps the layers. */
function learn(form: Form, initScale?: number): { losses: number[]; blocks: number } {
  manualSeed(0);
  using model = made(initScale);
  for (const module of model.modules())
    if (form === "layers" && module instanceof Mlp) Object.defineProperty(module.drop, "isActive", { value: true });
  using optimizer = adamW({ lr: 3e-3, weightDecay: 0.05 }).build(model.namedParameters());
  using images = randn([16, 3, 16, 16]);
  using targets = tensor(BigInt64Array.from({ length: 16 }, (_, i) => BigInt(i % CLASSES)));
  let blocks = 0;
  const stop = listen(({ operator }) => {
    if (operator === "vit_distill::encoder_block") blocks++;
  });
  const losses = Array.from({ length: 25 }, () =>
    tidy(() => {
      optimizer.zeroGrad();
      const { logits } = autocast({ enabled: form !== "float32" }, () => model.forward(images, { taps: ["blocks.2"] }));
      const loss = logits.to({ dtype: "float32" }).crossEntropyLoss(targets);
      loss.backward();
      optimizer.step(3e-3);
      return loss.item();
    }),
  );
  stop();
  return { losses, blocks };
}

test.each([undefined, 1e-1])("LayerScale from %s", (initScale) => {
  const [exact, layers, operator] = (["float32", "layers", "operator"] as const).map((form) => learn(form, initScale));
  expect([exact.blocks, layers.blocks, operator.blocks]).toEqual([0, 0, hasMatrixUnit() ? 75 : 0]);
  expect(exact.losses.at(-1)).toBeLessThan(exact.losses[0] / 3);
  for (const [i, loss] of operator.losses.entries()) {
    const scale = exact.losses[0] / 100;
    const apart = Math.abs(layers.losses[i] - exact.losses[i]);
    expect(Math.abs(loss - exact.losses[i]), `step ${i}`).toBeLessThan(2 * apart + scale);
  }
});

test("between the steps it answers with the weights that it has now", () => {
  manualSeed(1);
  using model = made();
  using optimizer = adamW({ lr: 1e-2 }).build(model.namedParameters());
  using images = randn([3, 3, 16, 16]);
  const answers = (of: typeof model) =>
    tidy(() => noGrad(() => autocast({}, () => of.eval().forward(images).logits.to({ dtype: "float32" }).toArray())));
  for (let step = 0; step < 3; step++) {
    const before = answers(model);
    model.train();
    tidy(() => {
      optimizer.zeroGrad();
      autocast({}, () => model.forward(images, { taps: ["blocks.2"] }))
        .logits.square()
        .mean()
        .backward();
      optimizer.step(1e-2);
    });
    using untouched = made(); // nothing of it was ever laid out
    untouched.loadStateDict(model.stateDict());
    expect(answers(model)).toEqual(answers(untouched));
    expect(answers(model)).not.toEqual(before);
  }
});
