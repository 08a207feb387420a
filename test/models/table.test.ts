/** The names: facts without weights, options over a name's own, slips of the fingers. */

import { describe, expect, test } from "vitest";
import { cait, createModel, listModels, modelInfo, vit } from "../../src/models/index.js";
import { constant_ } from "../../src/nn/index.js";
import { cat, manualSeed, memory, randn, tidy, withDevice, zeros } from "../../src/torch/index.js";

describe("names", () => {
  test("each has facts that agree with one another", () => {
    for (const name of listModels()) {
      const { input, grid, inChannels, taps, layers, embedDim, name: own } = modelInfo(name);
      expect(own).toBe(name);
      expect(input.size).toBe(Number(name.match(/_(28|384|448)$/)?.[1] ?? 224));
      expect([input.mean.length, input.std.length, input.channels]).toEqual([inChannels, inChannels, inChannels]);
      expect(grid.every((side) => Number.isInteger(side))).toBe(true);
      expect(taps[layers[layers.length - 1]]).toEqual({ grid, width: embedDim });
    }
  });

  test("an unknown one comes with a suggestion", () => {
    expect(() => modelInfo("deit_tinny_patch16_224")).toThrowCode(
      "ERR_UNKNOWN_MODEL",
      '"deit_tinny_patch16_224"',
      '"deit_tiny_patch16_224"',
      "vit-distill models",
    );
  });

  test("timm's crops and statistics", () => {
    expect(modelInfo("deit_tiny_patch16_224").input).toMatchObject({ crop: 0.9, mean: [0.485, 0.456, 0.406] });
    expect(modelInfo("vit_base_patch16_384").input).toMatchObject({ crop: 1, mean: [0.5, 0.5, 0.5] });
    expect(modelInfo("deit3_base_patch16_384").input).toMatchObject({ crop: 1, mean: [0.485, 0.456, 0.406] });
    expect(modelInfo("swin_tiny_patch4_window7_224").input).toMatchObject({ crop: 0.9, interpolation: "bicubic" });
    expect(modelInfo("regnety_160").input).toMatchObject({ crop: 0.875, interpolation: "bicubic" });
    expect(modelInfo("resnet18").input).toMatchObject({ crop: 0.875, interpolation: "bilinear" });
    expect(modelInfo("cait_s24_224").input).toMatchObject({ crop: 1, std: [0.229, 0.224, 0.225], interpolation: "bicubic" });
  });

  test("options go over a name's own, undefined ones do not", () => {
    expect(modelInfo("cait_xxs24_224", { numClasses: 10, imgSize: undefined })).toMatchObject({ numClasses: 10, grid: [14, 14] });
    expect(modelInfo("convnet_small_28", { input: { crop: 0.9 } }).input).toMatchObject({ crop: 0.9, mean: [0.286] });
  });
});

/** In millions, as timm's table of results has them. */
const published: Record<string, number> = {
  vit_tiny_patch16_224: 5.72,
  vit_small_patch32_224: 22.88,
  vit_small_patch16_384: 22.2,
  vit_base_patch32_224: 88.22,
  vit_base_patch16_224: 86.57,
  vit_base_patch8_224: 86.58,
  vit_large_patch16_224: 304.33,
  deit_base_patch16_384: 86.86,
  deit3_small_patch16_224: 22.06,
  deit3_small_patch16_384: 22.21,
  deit3_medium_patch16_224: 38.85,
  deit3_base_patch16_224: 86.59,
  deit3_base_patch16_384: 86.88,
  deit3_large_patch16_224: 304.37,
  deit3_large_patch16_384: 304.76,
  deit3_huge_patch14_224: 632.13,
  cait_xxs24_224: 11.96,
  cait_xxs36_384: 17.37,
  cait_xs24_384: 26.67,
  cait_s36_384: 68.37,
  cait_m36_384: 271.22,
  cait_m48_448: 356.46,
  regnety_002: 3.16,
  regnety_004: 4.34,
  regnety_006: 6.06,
  regnety_008: 6.26,
  regnety_016: 11.2,
  regnety_032: 19.44,
  regnety_040: 20.65,
  regnety_064: 30.58,
  regnety_080: 39.18,
  regnety_120: 51.82,
  regnety_160: 83.59,
  regnety_320: 145.05,
  swin_tiny_patch4_window7_224: 28.29,
  swin_small_patch4_window7_224: 49.61,
  swin_base_patch4_window7_224: 87.77,
  swin_base_patch4_window12_384: 87.9,
  swin_large_patch4_window7_224: 196.53,
  swin_large_patch4_window12_384: 196.74,
  resnet18: 11.69,
  resnet34: 21.8,
  resnet50: 25.56,
};

test.each(Object.entries(published))("%s has its %f million parameters", (name, millions) => {
  using model = withDevice("meta", () => createModel(name));
  expect(model.parameterCount() / 1e6).toBeCloseTo(millions, 2);
});

describe("making them", () => {
  test("without memory, each of them, to ask for its keys and shapes", () => {
    const { tensors, bytes } = memory();
    for (const name of listModels()) {
      using model = withDevice("meta", () => createModel(name));
      expect(model.stateDict().size).toBeGreaterThan(10);
      expect(memory().bytes).toBe(bytes);
    }
    expect(memory().tensors).toBe(tensors);
  });

  test("by name, with a head of one's own size", () => {
    using model = createModel("convnet_tiny_28", { numClasses: 3 });
    expect(model.stateDict().get("head.weight")!.shape[0]).toBe(3);
  });

  test("a model that its weights do not fit is freed", () => {
    using other = createModel("convnet_small_28");
    expect(() => createModel("convnet_tiny_28", { weights: other.stateDict() })).toThrowCode("ERR_WEIGHTS_MISMATCH");
  });

  test("DeiT III's files, its own and timm's, become the same", () => {
    const tiny = { imgSize: 8, patchSize: 4, embedDim: 4, depth: 1, heads: 1, numClasses: 2 };
    using model = vit({ ...tiny, initScale: 0.1, noEmbedClass: true });
    expect(model.stateDict().get("pos_embed")!.shape).toEqual([1, 4, 4]);
    const own = new Map([...model.stateDict()].map(([key, value]) => [key.replace(/\.ls([12])\.gamma$/, ".gamma_$1"), value]));
    expect(own.has("blocks.0.gamma_2")).toBe(true);
    expect([...model.convertWeights(own).keys()]).toEqual([...model.stateDict().keys()]);
  });

  test("patches that do not divide the image are refused", () => {
    expect(() => vit({ imgSize: 28, patchSize: 16 })).toThrowCode("ERR_MODEL_CONFIG", 16, 28);
  });
});

describe("how they start and what the modes do", () => {
  const tiny = { imgSize: 8, patchSize: 4, inChannels: 1, embedDim: 48, depth: 3, heads: 2, numClasses: 10 };

  test("linear layers, heads too, are truncated normal 0.02 with zero biases", () => {
    manualSeed(0);
    using model = vit({ ...tiny, distilled: true });
    tidy(() => {
      const state = model.stateDict();
      for (const key of ["blocks.0.attn.qkv", "head", "head_dist"]) {
        const weights = [...(state.get(`${key}.weight`)!.data() as Float32Array)];
        const std = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
        expect(std).toBeGreaterThan(0.017);
        expect(std).toBeLessThan(0.023);
        expect(state.get(`${key}.bias`)!.abs().sum().item()).toBe(0);
      }
    });
  });

  test("LayerScale starts at the variant's value", () => {
    using model = cait({ ...tiny, initScale: 1e-5 });
    expect(new Set(model.stateDict().get("blocks.0.gamma_1")!.data() as Float32Array)).toEqual(new Set([Math.fround(1e-5)]));
  });

  test("a ViT's LayerScale weighs what a block adds, and its class token has no position", () => {
    using model = vit({ ...tiny, initScale: 1, noEmbedClass: true }).eval();
    using plain = vit(tiny).eval();
    tidy(() => {
      const state = new Map([...model.stateDict()].filter(([key]) => !key.includes(".ls")));
      const positions = state.get("pos_embed")!;
      state.set("pos_embed", cat([zeros([1, 1, 48]), positions], { dim: 1 }));
      plain.loadStateDict(state);
      const images = randn([2, 1, 8, 8]);
      const [scaled, unscaled] = [model, plain].map((each) => each.forward(images).logits);
      expect(scaled.sub(unscaled).abs().amax().item()).toBeLessThan(1e-5);
      for (const [key, parameter] of model.namedParameters()) if (key.endsWith(".gamma")) constant_(parameter, 0);
      const token = model.clsToken.reshape([1, -1]).expand([2, -1]);
      const still = token.pipe(model.norm).pipe(model.head);
      expect(model.forward(images).logits.sub(still).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  test("stochastic depth rises over ViT's blocks and is level over CaiT's", () => {
    using rising = vit({ ...tiny, dropPath: 0.2 });
    using level = cait({ ...tiny, dropPath: 0.2 });
    expect(rising.blocks.map((block) => block.dropPath.p)).toEqual([0, 0.1, 0.2]);
    expect(level.blocks.map((block) => block.dropPath.p)).toEqual([0.2, 0.2, 0.2]);
  });

  test("two heads: their mean at evaluation, the class head in training", () => {
    using model = vit({ ...tiny, distilled: true });
    tidy(() => {
      const images = randn([2, 1, 8, 8]);
      const { logits, heads } = model.eval().forward(images);
      const gap = heads.class.add(heads.distillation).div(2).sub(logits).abs().sum();
      expect(gap.item()).toBe(0);
      const training = model.train().forward(images);
      expect(training.logits).toBe(training.heads.class);
    });
  });
});
