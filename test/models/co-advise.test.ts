/** The student of Co-advise and its involution teacher: what the stems give, what the heads say, what is refused. */

import { describe, expect, test } from "vitest";
import { type CoadviseOptions, coadvise, createModel, rednet } from "../../src/models/index.js";
import { manualSeed, randn, type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const small = { imgSize: 16, inChannels: 1, numClasses: 3, patchSize: 4, embedDim: 8, depth: 2, heads: 2, stemWidth: 32 };

function withStudent(options: CoadviseOptions, fn: (model: ReturnType<typeof coadvise>, images: Tensor) => void): void {
  manualSeed(1);
  using model = coadvise({ ...small, ...options });
  tidy(() => fn(model, randn([4, 1, 16, 16])));
}

const gap = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

onEachDevice(() => {
  describe("Co-advise's student", () => {
    test("says the mean of its three heads at evaluation, and what the class head says in training", () =>
      withStudent({}, (model, images) => {
        const { logits, heads } = model.eval().forward(images);
        expect(Object.keys(heads)).toEqual(["class", "conv", "inv"]);
        expect(gap(logits, heads.class.add(heads.conv).add(heads.inv).div(3))).toBeLessThan(1e-6);
        const training = model.train().forward(images);
        expect(training.logits).toBe(training.heads.class);
      }));

    test("says the same whether or not its last patches are looked at", () =>
      withStudent({}, (model, images) => {
        const [short, whole] = [[], ["blocks.1"]].map((taps) => model.eval().forward(images, { taps }).logits);
        expect(gap(short, whole)).toBeLessThan(1e-5);
      }));

    test("has a token for as many teachers as are named: a stem's own, the others learned", () => {
      const learned = (options: CoadviseOptions): number => {
        using model = coadvise({ ...small, ...options });
        return model.stateDict().get("teacher_tokens")?.shape[1] ?? 0;
      };
      expect(learned({})).toBe(0);
      expect(learned({ stem: "patch" })).toBe(2);
      expect(learned({ stem: "conv" })).toBe(1);
      expect(learned({ tokens: ["conv", "inv", "vit"] })).toBe(1);
      expect(learned({ stem: "patch", tokens: ["a", "b", "c", "d"] })).toBe(4);
    });

    test.each([
      [{ patchSize: 7, stemStride: 1 }, [4, 4]],
      [{ patchSize: 4, stemStride: 2 }, [7, 7]],
      [{ patchSize: 4, stemStride: 1 }, [7, 7]],
    ])("sees pictures of 28 pixels with %j", (options, grid) => {
      using model = coadvise({ ...small, imgSize: 28, ...options });
      tidy(() => {
        const { taps } = model.forward(randn([2, 1, 28, 28]), { taps: ["blocks.1"] });
        expect(taps[0].shape).toEqual([2, 3 + grid[0] * grid[1], 8]);
        expect(model.info.grid).toEqual(grid);
      });
    });

    test.each<[CoadviseOptions, code: string, ...facts: (string | number | RegExp)[]]>([
      [{ imgSize: 28, patchSize: 7 }, "ERR_MODEL_CONFIG", /\b2\b/, /\b7\b/, "stemStride: 1"],
      [{ patchSize: 5 }, "ERR_MODEL_CONFIG", /\b5\b/, 16],
      [{ tokens: ["conv", "conv"] }, "ERR_INVALID_OPTION", '"conv"'],
      [{ tokens: ["class"] }, "ERR_INVALID_OPTION", '"class"'],
      [{ stemWidth: 24 }, "ERR_MODEL_CONFIG", 12, 16],
      [{ stem: "inv+attention" as "inv" }, "ERR_INVALID_OPTION", '"attention"', "conv+inv", /\bconv,/, /\binv\b/, "patch"],
    ])("%j is refused", (options, ...expected) => {
      expect(() => tidy(() => coadvise({ ...small, ...options }))).toThrowCode(...expected);
    });
  });

  describe("RedNet", () => {
    const tiny = { imgSize: 16, inChannels: 1, numClasses: 3, stemWidth: 32, stemStride: 1, pool: false, expansion: 2 };

    test("takes the paper's own files", () => {
      using model = rednet({ ...tiny, widths: [32], blocks: [1] });
      const theirs = (key: string): string => key.replace(/^model\./, "backbone.").replace(/^classifier\./, "head.fc.");
      const published = new Map([...model.stateDict()].map(([key, value]) => [theirs(key), value]));
      expect([...model.convertWeights(published).keys()]).toEqual([...model.stateDict().keys()]);
    });

    test("keeps odd maps: 28 pixels are 14, 7 and 4", () => {
      using model = rednet({ ...tiny, imgSize: 28, widths: [32, 32, 32, 32], blocks: [1, 1, 1, 1] });
      tidy(() => {
        const { taps } = model.forward(randn([2, 1, 28, 28]), { taps: model.info.layers });
        expect(taps.map(({ shape }) => shape[1])).toEqual([784, 196, 49, 16]);
        expect(model.info.grid).toEqual([4, 4]);
      });
    });

    test.each([
      [{ widths: [40], blocks: [1] }, [/\b2\b/, 40, 20]],
      [{ widths: [32, 64], blocks: [1] }, [/\b1\b/, /\b2\b/]],
    ])("%j is refused", (options, facts) => {
      expect(() => tidy(() => rednet({ ...tiny, ...options }))).toThrowCode("ERR_MODEL_CONFIG", ...facts);
    });

    test.each([
      ["rednet38", 12_390_000],
      ["rednet152", 34_010_000],
    ])("%s has about the paper's parameters", (name, parameters) => {
      using model = createModel(name);
      expect(Math.abs(model.parameterCount() - parameters)).toBeLessThan(0.01 * parameters);
    });
  });
});
