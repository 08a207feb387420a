/** What every family promises: taps by name, gradients everywhere, its own facts, strict weights. */

import { describe, expect, test } from "vitest";
import { cait, coadvise, convNet, loadWeights, type Model, rednet, regnet, resnet, swin, vit } from "../../src/models/index.js";
import { autocast, manualSeed, randn, type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const size = { imgSize: 16, inChannels: 2, numClasses: 5 };
const transformer = { ...size, patchSize: 4, embedDim: 12, depth: 2, heads: 2 };

const families: [string, (numClasses?: number) => Model][] = [
  ["vit", (numClasses = 5) => vit({ ...transformer, numClasses })],
  ["vit with a distillation token", (numClasses = 5) => vit({ ...transformer, numClasses, distilled: true })],
  [
    "vit with LayerScale, no position for its tokens",
    (numClasses = 5) => vit({ ...transformer, numClasses, distilled: true, initScale: 0.1, noEmbedClass: true }),
  ],
  ["cait", (numClasses = 5) => cait({ ...transformer, numClasses, initScale: 0.1 })],
  ["convnet", (numClasses = 5) => convNet({ ...size, numClasses, widths: [4, 8], blocks: 1 })],
  [
    "rednet",
    (numClasses = 5) =>
      rednet({ ...size, numClasses, stemWidth: 32, stemStride: 1, pool: false, widths: [32, 64], expansion: 2, blocks: [1, 1] }),
  ],
  [
    "regnet",
    (numClasses = 5) =>
      regnet({ ...size, numClasses, depth: 3, initialWidth: 8, slope: 8, widthFactor: 2, groupWidth: 4, stemWidth: 8 }),
  ],
  [
    "resnet of basic blocks",
    (numClasses = 5) => resnet({ ...size, numClasses, stemWidth: 4, stemStride: 1, pool: false, widths: [4, 8], blocks: [1, 2] }),
  ],
  [
    "resnet of bottlenecks",
    (numClasses = 5) => resnet({ ...size, numClasses, stemWidth: 4, widths: [8, 16], blocks: [1, 2], expansion: 4 }),
  ],
  [
    "swin",
    (numClasses = 5) => swin({ ...size, numClasses, patchSize: 2, embedDim: 6, depths: [2, 2], heads: [1, 2], windowSize: 4 }),
  ],
  ["coadvise with both stems", (numClasses = 5) => coadvise({ ...transformer, numClasses, stemWidth: 32 })],
  ["coadvise on plain patches", (numClasses = 5) => coadvise({ ...transformer, numClasses, stem: "patch", tokens: ["a", "b"] })],
  [
    "coadvise with a stem's token and a learned one",
    (numClasses = 5) =>
      coadvise({ ...transformer, numClasses, stem: "conv", stemStride: 1, stemWidth: 8, tokens: ["conv", "b"] }),
  ],
];

/** Makes a model, uses it, frees all. */
function withModel(make: () => Model, fn: (model: Model) => void): void {
  manualSeed(1);
  const model = make();
  try {
    tidy(() => {
      fn(model);
    });
  } finally {
    model.dispose();
  }
}

const images = (): Tensor => randn([3, 2, 16, 16]);

onEachDevice((device) => {
  describe.each(families)("%s", (_, make) => {
    test("gives logits of its classes and taps in the order asked", () =>
      withModel(make, (model) => {
        const { prefixTokens, layers } = model.info;
        const facts = Object.entries(model.info.taps).reverse();
        const asked = facts.map(([name]) => name);
        const { logits, heads, taps } = model.forward(images(), { taps: asked });
        expect(logits.shape).toEqual([3, 5]);
        expect(Object.keys(heads)).toEqual(model.info.heads);
        for (const head of Object.values(heads)) expect(head.shape).toEqual([3, 5]);
        const shapes = facts.map(([, { grid, width }]) => [3, prefixTokens + grid[0] * grid[1], width]);
        expect(taps.map(({ shape }) => shape)).toEqual(shapes);
        expect(asked).toEqual(expect.arrayContaining([...layers]));
      }));

    test("a tap that it has not is refused by name", () =>
      withModel(make, (model) =>
        expect(() => model.forward(images(), { taps: ["blocks.99"] })).toThrowCode(
          "ERR_UNKNOWN_TAP",
          '"blocks.99"',
          /\b(blocks|stages|layers)\.0\b/,
        ),
      ));

    test("images that do not fit are refused with the channels that do", () =>
      withModel(make, (model) =>
        expect(() => model.forward(randn([3, 1, 16, 16]))).toThrowCode("ERR_INPUT_SHAPE", /\b2\b/, /\b1\b/),
      ));

    test("the gradient reaches every parameter", () =>
      withModel(make, (model) => {
        const { heads } = model.train().forward(images());
        for (const logits of Object.values(heads)) logits.square().sum().backward({ retainGraph: true });
        const without = model.namedParameters().filter(([, parameter]) => parameter.grad === null);
        expect(without.map(([key]) => key)).toEqual([]);
      }));

    test("trains under bfloat16 autocast, near enough to float32", () =>
      withModel(make, (model) => {
        const batch = images();
        const exact = model.eval().forward(batch).logits.detach();
        const narrow = autocast({ device, dtype: "bfloat16" }, () => model.forward(batch).logits);
        expect(narrow.sub(exact).abs().amax().item()).toBeLessThan(0.1 * exact.abs().amax().item() + 0.01);
        const { heads } = autocast({ device, dtype: "bfloat16" }, () => model.train().forward(batch));
        for (const logits of Object.values(heads)) logits.square().sum().backward({ retainGraph: true });
        expect(model.parameters().every(({ grad }) => grad !== null)).toBe(true);
      }));

    test("evaluation repeats itself, stochastic parts off", () =>
      withModel(make, (model) => {
        const batch = images();
        const [first, second] = [model.eval().forward(batch).logits, model.forward(batch).logits];
        expect(first.toArray()).toEqual(second.toArray());
      }));

    test("another model of its kind takes its weights", () =>
      withModel(make, (from) =>
        withModel(make, (to) => {
          loadWeights(to, from.stateDict());
          const batch = images();
          expect(to.eval().forward(batch).logits.toArray()).toEqual(from.eval().forward(batch).logits.toArray());
        }),
      ));

    test("weights for other classes are refused with the ways out, or load without their heads", () =>
      withModel(
        () => make(7),
        (from) =>
          withModel(make, (to) => {
            expect(() => loadWeights(to, from.stateDict())).toThrowCode("ERR_CLASSES", "numClasses: 7", "freshHead: true");
            const head = [...to.stateDict().keys()].find((key) => /^(head|head\.fc|classifier|fc)\.weight$/.test(key))!;
            const before = to.stateDict().get(head)!.toArray();
            loadWeights(to, from.stateDict(), { freshHead: true, note: () => {} });
            expect(to.stateDict().get(head)!.toArray()).toEqual(before);
          }),
      ));

    test("a key too few or a wrong shape is named", () =>
      withModel(make, (model) => {
        const state = new Map(model.stateDict());
        const [first, ...rest] = [...state.keys()];
        state.delete(first);
        expect(() => loadWeights(model, state)).toThrowCode(
          "ERR_WEIGHTS_MISMATCH",
          new RegExp(`\\b1\\b.*\\n\\s+${first.replaceAll(".", "\\.")}$`, "m"),
        );
        const bent = new Map(model.stateDict()).set(rest[0], randn([1]));
        expect(() => loadWeights(model, bent)).toThrowCode("ERR_WEIGHTS_MISMATCH", rest[0], "[1]");
      }));
  });

  test("a ViT gives the same logits and gradients whether or not its last patches are looked at", () =>
    withModel(
      () => vit({ ...transformer, numClasses: 5, distilled: true }),
      (model) => {
        const pictures = images();
        const gradients = (taps: string[]) => {
          model.zeroGrad();
          const { logits, heads } = model.forward(pictures, { taps });
          heads.class.square().sum().add(heads.distillation.sum()).backward();
          return [logits, ...model.parameters().map(({ grad }) => grad as Tensor)];
        };
        const whole = gradients(["blocks.1"]);
        for (const [i, short] of gradients([]).entries()) {
          expect(short.sub(whole[i]).abs().amax().item()).toBeLessThan(1e-5 * (1 + whole[i].abs().amax().item()));
        }
      },
    ));
});
