/** The committed table of parameters and multiply-accumulates against the models and against what others say. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { costs } from "../../src/models/costs.generated.js";
import { countMacs, createModel, listModels, modelCosts, vit } from "../../src/models/index.js";
import { withDevice } from "../../src/torch/index.js";

test("has every name (if not: npm run costs)", () => {
  expect(Object.keys(costs).sort()).toEqual(listModels().sort());
});

test.each(listModels())("%s has as many parameters as it says", (name) => {
  using model = withDevice("meta", () => createModel(name));
  expect(modelCosts(name)?.parameters).toBe(model.parameterCount());
});

test.each(["deit_tiny_patch16_224", "cait_xxs24_224", "convnet_tiny_28", "coadvise_tiny", "rednet26", "regnety_002", "resnet18"])(
  "%s multiplies as often as it says (if not: npm run costs -- NAME)",
  (name) => {
    using model = createModel(name);
    expect(countMacs(model)).toBe(modelCosts(name)?.macs);
    expect(model.training).toBe(true);
  },
);

test.each([
  ["deit_tiny_patch16_224", 1.25],
  ["deit_small_patch16_224", 4.6],
  ["deit_base_patch16_224", 17.6],
  ["coadvise_tiny", 2.84],
  ["tv_resnet50", 4.09],
  ["regnety_040", 4.0],
  ["regnety_160", 15.96],
  ["swin_tiny_patch4_window7_224", 4.5],
  ["swin_small_patch4_window7_224", 8.7],
])("%s: %d G, as published", (name, published) => {
  expect(Math.abs((modelCosts(name)?.macs ?? 0) / 1e9 / published - 1)).toBeLessThan(0.012);
});

test("the golden values know as many parameters", () => {
  const golden = JSON.parse(readFileSync(new URL("../golden/fixtures/forward.json", import.meta.url), "utf8"));
  for (const [name, { params }] of Object.entries<{ params: number }>(golden)) {
    const ours = name.replace("civt_", "coadvise_");
    expect([ours, modelCosts(ours)?.parameters]).toEqual([ours, params]);
  }
});

test("the last block is counted whole, though a ViT computes its prefix alone when nobody looks at its patches", () => {
  const [embedDim, tokens] = [12, 17];
  using model = vit({ imgSize: 16, patchSize: 4, inChannels: 1, numClasses: 5, embedDim, depth: 2, heads: 2 });
  const block = tokens * 12 * embedDim ** 2 + 2 * tokens ** 2 * embedDim;
  expect(countMacs(model.eval())).toBe(16 * 16 * embedDim + 2 * block + 5 * embedDim);
  expect(model.training).toBe(false);
});
