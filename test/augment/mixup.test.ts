import { describe, expect, it } from "vitest";
import { boxAround, boxShare } from "../../src/augment/cutmix-box.js";
import { mixup, softTargets } from "../../src/augment/index.js";
import { type Batch, Rng } from "../../src/data/index.js";

/** Sample i of class i, every pixel of it i. */
function batchOf(size: number, { channels = 2, height = 8, width = 6 } = {}): Batch {
  const stride = channels * height * width;
  return {
    images: Float32Array.from({ length: size * stride }, (_, k) => Math.floor(k / stride)),
    shape: [size, channels, height, width],
    labels: BigInt64Array.from({ length: size }, (_, i) => BigInt(i)),
    targets: null,
    classes: size,
    rows: Int32Array.from({ length: size }, (_, i) => i),
    asked: Uint32Array.from({ length: size }, (_, i) => i),
    index: 0,
    bad: [],
  };
}

const sampleOf = ({ images, shape: [size] }: Batch, i: number) =>
  images.subarray((i * images.length) / size, ((i + 1) * images.length) / size);

/** The share that sample 0 keeps of itself, by its target; class `size − 1` is its partner's. */
const lambdaOf = (batch: Batch) => batch.targets![0];

describe("boxAround: the rectangle and the corrected lambda of timm's formulas, computed with NumPy", () => {
  it.each([
    { height: 28, width: 28, lambda: 0.5, y: 0, x: 0, box: [0, 9, 0, 9], corrected: 0.8966836734693877 },
    { height: 28, width: 28, lambda: 0.5, y: 14, x: 14, box: [5, 23, 5, 23], corrected: 0.5867346938775511 },
    { height: 28, width: 28, lambda: 0.5, y: 27, x: 3, box: [18, 28, 0, 12], corrected: 0.846938775510204 },
    { height: 28, width: 20, lambda: 0.3, y: 9, x: 19, box: [0, 20, 11, 20], corrected: 0.6785714285714286 },
    { height: 224, width: 224, lambda: 0.123, y: 100, x: 200, box: [0, 204, 96, 224], corrected: 0.47959183673469385 },
    { height: 7, width: 9, lambda: 0, y: 3, x: 4, box: [0, 6, 0, 8], corrected: 0.23809523809523814 },
    { height: 28, width: 28, lambda: 0.9, y: 5, x: 26, box: [1, 9, 22, 28], corrected: 0.9387755102040817 },
    { height: 28, width: 28, lambda: 1, y: 5, x: 5, box: [5, 5, 5, 5], corrected: 1 },
  ])("$height×$width, lambda $lambda around ($y, $x)", ({ height, width, lambda, y, x, box, corrected }) => {
    const found = boxAround({ y, x }, height, width, lambda);
    expect([found.top, found.bottom, found.left, found.right]).toEqual(box);
    expect(1 - boxShare(found, height, width)).toBeCloseTo(corrected, 12);
  });
});

describe("softTargets", () => {
  it("mixes the smoothed one-hots of a label and of the reversed label", () => {
    const targets = softTargets(BigInt64Array.of(0n, 1n, 2n), { classes: 4, lambda: 0.7, smoothing: 0.1 });
    const [on, off] = [1 - 0.1 + 0.1 / 4, 0.1 / 4];
    const expected = [
      [0.7 * on + 0.3 * off, off, 0.7 * off + 0.3 * on, off],
      [off, on, off, off],
      [0.7 * off + 0.3 * on, off, 0.7 * on + 0.3 * off, off],
    ].flat();
    expected.forEach((value, i) => expect(targets[i]).toBeCloseTo(value, 6));
  });

  it("refuses a label beyond the classes", () => {
    expect(() => softTargets(BigInt64Array.of(4n), { classes: 4 })).toThrowCode("ERR_DATA_LABELS", /\b4\b.*\b4\b/);
  });
});

describe("mixup", () => {
  it("blends each picture with its partner from the other end, as the targets say", () => {
    const op = mixup({ alpha: 0.8, smoothing: 0 });
    for (let round = 0; round < 20; round++) {
      const batch = batchOf(6);
      op(batch, Rng.from(round));
      const lambda = lambdaOf(batch);
      for (let i = 0; i < 6; i++) {
        const expected = lambda * i + (1 - lambda) * (5 - i);
        expect(sampleOf(batch, i).every((pixel) => Math.abs(pixel - expected) < 1e-5)).toBe(true);
        expect(batch.targets![i * 6 + 5 - i]).toBeCloseTo(1 - lambda, 6);
      }
    }
  });

  it("cuts one rectangle for the whole batch, and the targets are its true area", () => {
    const op = mixup({ cutmix: 1, smoothing: 0 });
    let clipped = 0;
    for (let round = 0; round < 100; round++) {
      const batch = batchOf(4);
      op(batch, Rng.from(round));
      const own = [0, 1, 2, 3].map((i) => [...sampleOf(batch, i)].map((pixel) => pixel === i));
      for (const mask of own) expect(mask).toEqual(own[0]);
      const kept = own[0].filter(Boolean).length / own[0].length;
      expect(lambdaOf(batch)).toBeCloseTo(kept, 6);
      for (let i = 0; i < 4; i++) expect(sampleOf(batch, i).every((pixel) => pixel === i || pixel === 3 - i)).toBe(true);
      if (kept > 0 && kept < 1) clipped++;
    }
    expect(clipped).toBeGreaterThan(50);
  });

  it("keeps an odd batch's middle as it is", () => {
    for (const options of [{ alpha: 1 }, { cutmix: 1 }]) {
      const batch = batchOf(5);
      mixup({ ...options, smoothing: 0 })(batch, Rng.from(2));
      expect(new Set(sampleOf(batch, 2))).toEqual(new Set([2]));
      expect(batch.targets![12]).toBeCloseTo(1, 6);
    }
  });

  it("draws lambda from Beta(alpha, alpha)", () => {
    const op = mixup({ alpha: 0.8, smoothing: 0 });
    const rng = Rng.from(0);
    const batch = batchOf(2, { channels: 1, height: 1, width: 1 });
    const lambdas = Array.from({ length: 20_000 }, () => (op(batch, rng), lambdaOf(batch)));
    const mean = lambdas.reduce((sum, value) => sum + value, 0) / lambdas.length;
    const variance = lambdas.reduce((sum, value) => sum + (value - mean) ** 2, 0) / lambdas.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(0.64 / (1.6 ** 2 * 2.6), 2);
  });

  it("mixes and switches as often as it is told", () => {
    const counts = { none: 0, blend: 0, cut: 0 };
    const op = mixup({ alpha: 1, cutmix: 1, probability: 0.5, switchProbability: 0.4 });
    const rng = Rng.from(0);
    for (let round = 0; round < 2000; round++) {
      const batch = batchOf(2, { channels: 1, height: 16, width: 16 });
      op(batch, rng);
      const values = new Set(batch.images.subarray(0, 256));
      counts[
        values.has(0) && values.size === 1 ? "none" : [...values].every((value) => value === 0 || value === 1) ? "cut" : "blend"
      ]++;
    }
    expect(Math.abs(counts.blend - 600)).toBeLessThan(80);
    expect(Math.abs(counts.cut - 400)).toBeLessThan(80);
  });

  it("gives smoothed targets of the classes asked for also when it does not mix", () => {
    const batch = batchOf(2);
    mixup({ alpha: 1, probability: 0, smoothing: 0.2, classes: 10 })(batch, Rng.from(0));
    expect(batch.targets).toHaveLength(20);
    expect(batch.targets![0]).toBeCloseTo(0.82, 6);
    expect(batch.targets![1]).toBeCloseTo(0.02, 6);
    expect(batch.images).toEqual(batchOf(2).images);
  });

  it("refuses to be switched off on both sides", () => {
    expect(() => mixup({})).toThrowCode("ERR_INVALID_OPTION", "mixup", "alpha", "cutmix", /\b0\b.*\b0\b.*\b0\b/);
    expect(() => mixup({ alpha: -1, cutmix: 2 })).toThrowCode("ERR_INVALID_OPTION", "mixup", /-1\b.*\b2\b/);
  });
});
