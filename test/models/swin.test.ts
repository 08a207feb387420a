/** Swin's own: whose windows see whom, the sizes it takes, the files that are out there. Its values are in test/golden. */

import { expect, test } from "vitest";
import { loadWeights, type Model, swin } from "../../src/models/index.js";
import { manualSeed, ones, randn, type Tensor, tidy, zeros } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const small = {
  imgSize: 16,
  patchSize: 2,
  inChannels: 1,
  numClasses: 3,
  embedDim: 4,
  depths: [2, 2],
  heads: [1, 2],
  windowSize: 4,
};

/** The patches whose output at a tap changes when the picture's first pixel does. */
function touched(model: Model, tap: string): number[] {
  const [image, other] = [zeros([1, 1, 16, 16]), zeros([1, 1, 16, 16])];
  other.select(3, 0).select(2, 0).fill_(5);
  const [a, b] = [image, other].map((x) => model.forward(x, { taps: [tap] }).taps[0]);
  const changes = a.sub(b).abs().sum([-1]).toArray() as number[][];
  return changes[0].flatMap((change, i) => (change > 0 ? [i] : []));
}

const rows = (patches: readonly number[], side: number) => [...new Set(patches.map((i) => Math.floor(i / side)))];
const columns = (patches: readonly number[], side: number) => [...new Set(patches.map((i) => i % side))];

onEachDevice(() => {
  test("a patch reaches its window, then its half-way neighbours, never round the edge", () => {
    manualSeed(1);
    using model = swin(small).eval();
    tidy(() => {
      const alone = touched(model, "layers.0.blocks.0"); // windows of 4×4 on a map of 8×8
      expect([rows(alone, 8), columns(alone, 8)]).toEqual([
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ]);
      const shifted = touched(model, "layers.0.blocks.1");
      expect([rows(shifted, 8), columns(shifted, 8)]).toEqual([
        [0, 1, 2, 3, 4, 5],
        [0, 1, 2, 3, 4, 5],
      ]);
    });
  });

  test("a stage's tap is its last block's output, before the map halves", () => {
    using model = swin(small).eval();
    tidy(() => {
      const { taps } = model.forward(randn([2, 1, 16, 16]), { taps: ["layers.0", "layers.0.blocks.1", "layers.1"] });
      expect(taps[0].toArray()).toEqual(taps[1].toArray());
      expect(taps.map(({ shape }) => shape)).toEqual([
        [2, 64, 4],
        [2, 64, 4],
        [2, 16, 8],
      ]);
    });
  });
});

test("sizes that windows do not tile are refused with those that they do", () => {
  expect(() => swin({ imgSize: 256 })).toThrowCode("ERR_MODEL_CONFIG", 256, 64, /\b7\b/, 224);
  expect(() => swin({ ...small, heads: [1] })).toThrowCode("ERR_MODEL_CONFIG", /\b2\b/, /\b1\b/);
});

test("published files load: the tables that they carry are left out, later timm's keys are renamed", () => {
  using model = swin(small);
  using twin = swin(small);
  const later = (key: string): string => key.replace("layers.0.downsample", "layers.1.downsample").replace(/^head\./, "head.fc.");
  const check = (published: Map<string, Tensor>): void => {
    loadWeights(twin, published);
    expect(twin.stateDict().get("layers.0.downsample.norm.weight")!.toArray()).toEqual(
      model.stateDict().get("layers.0.downsample.norm.weight")!.toArray(),
    );
  };
  tidy(() => {
    const tables: [string, Tensor][] = [
      ["layers.0.blocks.1.attn_mask", zeros([4, 16, 16])],
      ["layers.0.blocks.1.attn.relative_position_index", ones([16, 16])],
    ];
    check(new Map([...model.stateDict(), ...tables]));
    check(new Map([...[...model.stateDict()].map(([key, value]): [string, Tensor] => [later(key), value]), ...tables]));
  });
});

test("stochastic depth rises over all blocks", () => {
  using model = swin({ ...small, dropPath: 0.75 });
  expect(model.layers.flatMap(({ blocks }) => blocks.map(({ dropPath }) => dropPath.p))).toEqual([0, 0.25, 0.5, 0.75]);
});
