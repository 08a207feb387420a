import { describe, expect, it } from "vitest";
import { randomErasing } from "../../src/augment/index.js";
import { type Image, Rng } from "../../src/data/index.js";
import { bytes, floats } from "./picture.js";

/** The rectangle that differs from the picture of sevens, or null. */
function erased({ data, height, width }: Image): { top: number; left: number; height: number; width: number } | null {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 7) continue;
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      [left, right] = [Math.min(left, x), Math.max(right, x)];
    }
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

function statistics(values: number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

describe("randomErasing", () => {
  it("places rectangles as timm does: statistics of 400,000 of its own at 28×28", () => {
    const op = randomErasing({ probability: 1 });
    const rng = Rng.from(0);
    const picture = floats(1, 28, 28);
    const found = Array.from({ length: 20_000 }, () => erased(op(picture, rng))!);
    const area = statistics(found.map(({ height, width }) => (height * width) / 784));
    const height = statistics(found.map((rectangle) => rectangle.height));
    const top = statistics(found.map((rectangle) => rectangle.top));
    const left = statistics(found.map((rectangle) => rectangle.left));
    expect(Math.abs(area.mean - 0.1752)).toBeLessThan(0.003);
    expect(Math.abs(area.deviation - 0.0901)).toBeLessThan(0.002);
    expect(Math.abs(height.mean - 11.92)).toBeLessThan(0.15);
    expect(Math.abs(height.deviation - 5.46)).toBeLessThan(0.1);
    for (const edge of [top, left]) {
      expect(Math.abs(edge.mean - 8.05)).toBeLessThan(0.15);
      expect(Math.abs(edge.deviation - 5.85)).toBeLessThan(0.1);
    }
  });

  it("erases as often as it is told", () => {
    const op = randomErasing({ probability: 0.25 });
    const rng = Rng.from(0);
    const picture = floats(1, 8, 8);
    let count = 0;
    for (let i = 0; i < 8000; i++) if (op(picture, rng) !== picture) count++;
    expect(Math.abs(count - 2000)).toBeLessThan(150);
  });

  it("const writes zeros, rand one value per channel, pixel one per pixel; all channels in one place", () => {
    const values = (mode: "const" | "rand" | "pixel") => {
      const { data } = randomErasing({ probability: 1, mode, minArea: 0.2 })(floats(2, 20, 20), Rng.from(5));
      const channels = [data.subarray(0, 400), data.subarray(400)];
      const places = channels.map((channel) => [...channel.keys()].filter((i) => channel[i] !== 7));
      expect(places[0]).toEqual(places[1]);
      return channels.map((channel, c) => new Set(places[c].map((i) => channel[i])));
    };
    expect(values("const")).toEqual([new Set([0]), new Set([0])]);
    const rand = values("rand");
    expect(rand.map((set) => set.size)).toEqual([1, 1]);
    expect([...rand[0]][0]).not.toBe([...rand[1]][0]);
    for (const set of values("pixel")) expect(set.size).toBeGreaterThan(60);
  });

  it("pixel values are standard normal", () => {
    const op = randomErasing({ probability: 1, mode: "pixel" });
    const rng = Rng.from(0);
    const noise = Array.from({ length: 100 }, () => [...op(floats(1, 28, 28), rng).data].filter((value) => value !== 7)).flat();
    const { mean, deviation } = statistics(noise);
    expect(mean).toBeCloseTo(0, 1);
    expect(deviation).toBeCloseTo(1, 1);
  });

  it("leaves a picture whole when ten tries find no rectangle that fits", () => {
    const picture = floats(1, 8, 8);
    expect(randomErasing({ probability: 1, minArea: 1, maxArea: 1, minAspect: 1 })(picture, Rng.from(0))).toBe(picture);
  });

  it("refuses bytes: the order of ops is wrong", () => {
    expect(() => randomErasing({ probability: 1 })(bytes(1, 4, 4), Rng.from(0))).toThrowCode(
      "ERR_AUGMENTATION",
      "randomErasing",
      /\bnormalise\b/,
    );
  });
});
