/** Published weights into models: Transformers' names, other image sizes, other classes, and what is said when they do not fit. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { filesRead, saveTensors } from "../../src/checkpoint/index.js";
import { cait, createModel, loadWeights, type Model, modelInfo, recognise, swin, vit } from "../../src/models/index.js";
import { memory, type Tensor, tidy, withDevice, zeros } from "../../src/torch/index.js";
import { wave } from "../support/wave.js";

const samples = join(import.meta.dirname, "../checkpoint/samples");
const folder = mkdtempSync(join(tmpdir(), "load-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

const quiet = { note: () => {} };
const tiny = { imgSize: 8, patchSize: 4, embedDim: 4, depth: 2, heads: 2, numClasses: 3 };
const values = (model: Model, key: string) => [...(model.stateDict().get(key) as Tensor).data()];

/** The samples' filler: `start`, `start` + 1/8, … */
const ramp = (count: number, start = 0) => Array.from({ length: count }, (_, i) => start + i / 8);

/** The keys and shapes of a model of ours, without its weights. */
const shapesOf = (name: string) =>
  tidy(() => withDevice("meta", () => new Map([...createModel(name).stateDict()].map(([key, { shape }]) => [key, shape]))));

describe("the names of Hugging Face Transformers", () => {
  test.each(["vit.safetensors", "pytorch_model.bin", "sharded"])("ViT in %s", (file) => {
    using model = loadWeights(vit(tiny), join(samples, file), quiet);
    const parts = [0, 1, 2].flatMap((start) => ramp(16, start));
    expect(values(model, "blocks.1.attn.qkv.weight")).toEqual(parts);
    expect(values(model, "blocks.0.attn.qkv.bias")).toEqual([0, 1, 2].flatMap((start) => ramp(4, start)));
    expect(values(model, "blocks.1.mlp.fc2.weight")).toEqual(ramp(64, 5));
    expect(values(model, "blocks.1.norm2.weight")).toEqual(ramp(4, 1));
    expect(values(model, "pos_embed")).toEqual(ramp(20));
    expect(values(model, "head.weight")).toEqual(ramp(12));
  });

  test("DeiT with its second token and head", () => {
    using model = loadWeights(vit({ ...tiny, distilled: true }), join(samples, "deit.safetensors"), quiet);
    expect(values(model, "dist_token")).toEqual(ramp(4, 1));
    expect(values(model, "head.bias")).toEqual(ramp(3));
    expect(values(model, "head_dist.bias")).toEqual(ramp(3, 1));
  });

  test("Swin with its tables, and without its buffers", () => {
    const small = { imgSize: 16, embedDim: 4, depths: [2, 1], heads: [1, 2], windowSize: 2, numClasses: 3 };
    using model = loadWeights(swin(small), join(samples, "swin.safetensors"), quiet);
    expect(values(model, "layers.1.blocks.0.attn.relative_position_bias_table")).toEqual(ramp(18));
    expect(values(model, "layers.0.blocks.1.attn.qkv.weight")).toEqual([0, 1, 2].flatMap((start) => ramp(16, start)));
    expect(values(model, "layers.0.downsample.reduction.weight")).toEqual(ramp(128));
    expect(values(model, "patch_embed.norm.weight")).toEqual(ramp(4, 1));
  });
});

describe("tables of positions are resized as PyTorch would", () => {
  const golden: Record<string, number[]> = JSON.parse(readFileSync(join(import.meta.dirname, "positions.json"), "utf8"));
  const key = "layers.0.blocks.0.attn.relative_position_bias_table";
  const window = { imgSize: 16, embedDim: 4, depths: [1], heads: [2], numClasses: 3 };
  const at = (side: number) => ({ ...tiny, imgSize: 4 * side });
  const cases: [name: string, key: string, from: () => Model, to: () => Model, said: string][] = [
    ["plain 3 to 5", "pos_embed", () => vit(at(3)), () => vit(at(5)), "pos_embed from 3×3 to 5×5 positions"],
    [
      "distilled 4 to 3",
      "pos_embed",
      () => vit({ ...at(4), distilled: true }),
      () => vit({ ...at(3), distilled: true }),
      "pos_embed from 4×4 to 3×3 positions",
    ],
    ["without prefix 2 to 7", "pos_embed", () => cait(at(2)), () => cait(at(7)), "pos_embed from 2×2 to 7×7 positions"],
    [
      "relative 2 to 4",
      key,
      () => swin({ ...window, windowSize: 2 }),
      () => swin({ ...window, windowSize: 4 }),
      "relative_position_bias_table from 3×3 to 7×7 positions",
    ],
  ];

  test.each(cases)("%s", (name, key, from, to, said) => {
    using source = from();
    using target = to();
    const notes: string[] = [];
    tidy(() => {
      const weights = new Map(source.stateDict());
      weights.set(key, wave(weights.get(key)!.shape, 0.5));
      loadWeights(target, weights, { note: (sentence) => notes.push(sentence) });
    });
    const resized = values(target, key) as number[];
    expect(resized.length).toBe(golden[name].length);
    for (const [i, value] of resized.entries()) expect(value).toBeCloseTo(golden[name][i], 5);
    expect(notes).toEqual([`${target.info.name}: Resized, bicubic: ${said}.`]);
  });

  test("a table of another width is no table to resize", () => {
    using wide = vit({ ...tiny, embedDim: 8, imgSize: 12 });
    using model = vit(tiny);
    expect(() => loadWeights(model, wide.stateDict(), quiet)).toThrowCode(
      "ERR_WEIGHTS_MISMATCH",
      /pos_embed .*\[1, 10, 8\].*\[1, 5, 4\]/,
    );
  });
});

describe("what is done to weights is said aloud", () => {
  test("a new head, and which state dict was taken", () => {
    const file = join(folder, "five.safetensors");
    using five = vit({ ...tiny, numClasses: 5 });
    saveTensors(file, five.stateDict());
    using model = vit(tiny);
    const before = values(model, "head.weight");
    const notes: string[] = [];
    const note = (sentence: string) => notes.push(sentence);
    loadWeights(model, file, { freshHead: true, note });
    expect(notes).toEqual(["vit: The file's head for 5 classes is left out; the model's own for 3 begins untrained."]);
    expect(values(model, "head.weight")).toEqual(before);
    expect(values(model, "blocks.0.mlp.fc1.weight")).toEqual(values(five, "blocks.0.mlp.fc1.weight"));
    expect(() => loadWeights(model, join(samples, "training.pth"), { note })).toThrowCode("ERR_WEIGHTS_MISMATCH");
    expect(notes[1]).toMatch(/^vit: Took "model" of .*training\.pth, which also holds .*training\.pth#model_ema\.$/);
    expect(() => loadWeights(model, join(samples, "training.pth#model"), { note })).toThrowCode("ERR_WEIGHTS_MISMATCH");
    expect(notes.length).toBe(2);
  });

  test("createModel takes a path; the file is one of those read, and nothing but the model stays", () => {
    const file = join(folder, "tiny.safetensors");
    using source = createModel("convnet_tiny_28");
    saveTensors(file, source.stateDict());
    const before = memory().tensors;
    const model = createModel("convnet_tiny_28", { weights: file });
    expect(values(model, "head.weight")).toEqual(values(source, "head.weight"));
    expect(filesRead()).toContain(file);
    model.dispose();
    expect(memory().tensors).toBe(before);
    expect(() => createModel("convnet_tiny_28", { weights: join(folder, "gone.pth") })).toThrowCode("ERR_FILE", "gone.pth");
    expect(memory().tensors).toBe(before);
  });
});

describe("weights of another model", () => {
  const weightsOf = (name: string) =>
    withDevice("meta", () => new Map([...shapesOf(name)].map(([key, shape]) => [key, zeros(shape)])));

  test("are refused with the name of the model that they look like", () => {
    using model = vit(tiny);
    tidy(() => {
      expect(() => loadWeights(model, weightsOf("cait_xxs24_224"), quiet)).toThrowCode(
        "ERR_WEIGHTS_MISMATCH",
        /\b444\b[\s\S]*\b32\b[\s\S]*cait_xxs24_224\.?$/,
      );
    });
  });

  test("a distillation token too many or too few is one sentence", () => {
    tidy(() => {
      const plain = vit({ ...tiny, name: "plain" });
      const distilled = vit({ ...tiny, name: "distilled", distilled: true });
      expect(() => loadWeights(plain, weightsOf("deit_tiny_distilled_patch16_224"), quiet)).toThrowCode(
        "ERR_WEIGHTS_MISMATCH",
        "plain",
        "deit_tiny_distilled_patch16_224",
      );
      expect(() => loadWeights(distilled, plain.stateDict(), quiet)).toThrowCode("ERR_WEIGHTS_MISMATCH", "distilled: false");
    });
  });
});

describe("recognising weights by their shapes", () => {
  test.each([
    "vit_base_patch32_384",
    "deit_base_distilled_patch16_384",
    "cait_s24_224",
    "swin_small_patch4_window7_224",
    "regnety_040",
    "rednet101",
    "resnet34",
    "coadvise_small",
    "convnet_small_28",
  ])("%s", (name) => {
    const { models, family, classes, imageSize } = recognise(shapesOf(name));
    const info = modelInfo(name);
    expect(models).toContain(name);
    expect([family, classes, imageSize]).toEqual([info.family, info.numClasses, info.input.size]);
  });

  test("names built alike are all told; other classes and sizes change neither", () => {
    const shapes = new Map(shapesOf("deit_tiny_patch16_224"));
    expect(recognise(shapes).models).toEqual(["vit_tiny_patch16_224", "deit_tiny_patch16_224"]);
    shapes.set("head.weight", [10, 192]).set("head.bias", [10]).set("pos_embed", [1, 401, 192]);
    const { models, classes, imageSize } = recognise(shapes);
    expect(models).toContain("deit_tiny_patch16_224");
    expect([classes, imageSize]).toEqual([10, 320]);
  });

  test("a size of one's own is known by its family, and what is nothing of ours is nothing", () => {
    using own = vit(tiny);
    const shapes = new Map([...own.stateDict()].map(([key, { shape }]) => [key, shape]));
    expect(recognise(shapes)).toMatchObject({ models: [], family: "vit", classes: 3 });
    expect(recognise(new Map([["layer.weight", [2, 3]]]))).toMatchObject({ models: [], family: undefined });
  });
});

test("no tensor is left behind", () => expect(memory().tensors).toBe(0));
