/** A cached teacher says again what it said, about the very same picture and about no other. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { CachedTeacher, cait, coadvise, type Model, type Output, vit } from "../../src/models/index.js";
import { autocast, manualSeed, memory, noGrad, randn, type Tensor, tidy } from "../../src/torch/index.js";
import { onEachDevice } from "../support/devices.js";

const root = mkdtempSync(join(tmpdir(), "teacher-cache-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;

const size = { imgSize: 8, inChannels: 1, numClasses: 7, patchSize: 4 };
const taps = ["blocks.0", "blocks.1"];

/** The same weights every time, and how often they were asked. */
function teacher(make: () => Model = () => cait({ ...size, embedDim: 12, depth: 2, heads: 2, initScale: 0.1 })) {
  manualSeed(1);
  const model = make().eval().requiresGrad_(false);
  let asked = 0;
  const forward = model.forward.bind(model);
  model.forward = (images, options) => {
    asked += images.shape[0];
    return forward(images, options);
  };
  return { model, asked: () => asked };
}

const pictures = (count = 4, seed = 2): Tensor => {
  manualSeed(seed);
  return randn([count, 1, 8, 8]);
};

const numbers = ({ logits, heads, taps }: Output) => [logits, ...Object.values(heads), ...taps].map((x) => x.toArray());

/** Runs `fn` with a teacher over a folder; nothing is left but the folder. */
function within(dir: string, fn: (cached: CachedTeacher, asked: () => number) => void, options = {}, make?: () => Model): void {
  const before = memory().tensors;
  const { model, asked } = teacher(make);
  const cached = new CachedTeacher(model, { dir, ...options }).eval();
  tidy(() => noGrad(() => fn(cached, asked)));
  cached.dispose();
  expect(memory().tensors).toBe(before);
}

const fresh = () => join(root, `cache-${folders++}`);

onEachDevice((device) => {
  describe.each<[string, (() => Model) | undefined]>([
    ["CaiT", undefined],
    ["DeiT with two heads", () => vit({ ...size, embedDim: 12, depth: 2, heads: 2, distilled: true })],
    ["Co-advise with three", () => coadvise({ ...size, imgSize: 16, embedDim: 12, depth: 2, heads: 2, stemWidth: 32 })],
  ])("%s", (name, make) => {
    const images = () => (name.startsWith("Co-advise") ? (manualSeed(2), randn([4, 1, 16, 16])) : pictures());

    test("the second time nobody is asked, and every number is the first time's", () => {
      const dir = fresh();
      let first: unknown;
      within(dir, (cached, asked) => {
      first = numbers(cached.forward(images(), { taps }));
      expect(asked()).toBe(4);
      expect(numbers(cached.forward(images(), { taps }))).toEqual(first);
      expect(asked()).toBe(4);
    }, {}, make); // biome-ignore format: a test in a test
      within(dir, (cached, asked) => {
      expect(numbers(cached.forward(images(), { taps }))).toEqual(first);
      expect(asked()).toBe(0);
      expect(cached.counts).toEqual({ found: 4, asked: 0 });
    }, {}, make); // biome-ignore format: a test in a test
    });

    test("answers are the teacher's own, taps to bfloat16", () => {
      within(fresh(), (cached) => {
      const own = cached.teacher.forward(images(), { taps });
      const told = cached.forward(images(), { taps });
      expect(told.logits.toArray()).toEqual(own.logits.toArray());
      expect(Object.keys(told.heads)).toEqual(Object.keys(own.heads));
      for (const [i, tap] of told.taps.entries()) {
        expect(tap.dtype).toBe("float32");
        expect(tap.toArray()).toEqual(own.taps[i].to({ dtype: "bfloat16" }).toArray());
      }
    }, {}, make); // biome-ignore format: a test in a test
    });
  });

  test("a flipped view is another picture, and so is one that differs in one pixel", () => {
    within(fresh(), (cached, asked) => {
      const images = pictures(1);
      cached.forward(images, { taps });
      const flipped = cached.forward(images.flip([3]), { taps });
      expect(asked()).toBe(2);
      expect(numbers(flipped)).not.toEqual(numbers(cached.forward(images, { taps })));
      const changed = images.clone();
      changed.select(3, 7).select(2, 7).add_(1e-6);
      cached.forward(changed, { taps });
      expect(asked()).toBe(3);
    });
  });

  test("a batch with one picture that is not known is asked as a whole, and only that picture is written", () => {
    within(fresh(), (cached, asked) => {
      cached.forward(pictures(3), { taps });
      const more = tidy(() => pictures(3).constantPadNd([0, 0, 0, 0, 0, 0, 0, 1]));
      cached.forward(more, { taps });
      expect(asked()).toBe(3 + 4);
      expect(cached.counts).toEqual({ found: 3, asked: 4 });
      expect(cached.cache(taps, device).store.count).toBe(4);
    });
  });

  test("other weights, other taps, another precision: each a cache of its own", () => {
    const dir = fresh();
    within(dir, (cached, asked) => {
      cached.forward(pictures(), { taps });
      cached.forward(pictures(), { taps: ["blocks.1"] });
      autocast({ device, dtype: "bfloat16" }, () => cached.forward(pictures(), { taps }));
      expect(asked()).toBe(12);
    });
    within(dir, (cached, asked) => {
      cached.teacher.parameters()[0].add_(1e-3);
      cached.forward(pictures(), { taps });
      expect(asked()).toBe(4);
    });
    expect(readdirSync(dir)).toHaveLength(4);
  });

  test("of the largest answers the probabilities are kept, and what is left is spread evenly", () => {
    within(
      fresh(),
      (cached) => {
        const whole = cached.teacher.forward(pictures()).logits.softmax(-1).toArray() as number[][];
        const cut = cached.forward(pictures()).logits.softmax(-1).toArray() as number[][];
        for (const [i, row] of whole.entries()) {
          const [a, b] = [...row].sort((x, y) => y - x);
          const kept = row.map((p) => (p === a || p === b ? p : (1 - a - b) / 5));
          for (const [c, p] of kept.entries()) expect(cut[i][c]).toBeCloseTo(p, 5);
        }
      },
      { topK: 2 },
    );
  });

  test("a cache that is full says so once and goes on without writing", async () => {
    const warnings: string[] = [];
    const hear = (warning: Error) => warnings.push(warning.message);
    process.on("warning", hear);
    within(
      fresh(),
      (cached, asked) => {
        for (let round = 0; round < 2; round++) cached.forward(pictures(), { taps });
        expect(asked()).toBe(8);
        expect(cached.cache(taps, device).store.count).toBe(2);
      },
      { most: 5e-7 },
    );
    await new Promise(setImmediate);
    process.off("warning", hear);
    expect(warnings).toEqual([expect.stringMatching(/^The cache of cait keeps nothing more: it has reached 5e-7 GB/)]);
  });

  test("records alone are not there, which is said, and a teacher in training mode is refused", () => {
    within(fresh(), (cached) => {
      cached.source = "records";
      expect(() => cached.forward(pictures(), { taps })).toThrowCode(
        "ERR_CACHE",
        "4 of 4",
        cached.folder,
        "vit-distill cache fill",
      );
      cached.train();
      expect(() => cached.forward(pictures(), { taps })).toThrowCode("ERR_METHOD_CONTRACT", "cait", "eval");
      cached.eval();
    });
  });
});
