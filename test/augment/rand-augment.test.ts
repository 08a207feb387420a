import { describe, expect, it } from "vitest";
import { colourJitter, parseRandAugment, randAugment, threeAugment } from "../../src/augment/index.js";
import { type Image, Rng } from "../../src/data/index.js";
import { floats } from "./picture.js";

const picture: Image = {
  data: Uint8Array.from({ length: 3 * 12 * 12 }, (_, i) => (i * 37 + ((i * i) % 91)) % 256),
  channels: 3,
  height: 12,
  width: 12,
};

describe("the string", () => {
  it("is timm's", () => {
    expect(parseRandAugment("rand-m9-mstd0.5-inc1")).toEqual({ magnitude: 9, magnitudeStd: 0.5, increasing: true });
    expect(parseRandAugment("rand-m7-n3-p0.7-mmax20-inc0")).toEqual({
      magnitude: 7,
      layers: 3,
      probability: 0.7,
      magnitudeMax: 20,
      increasing: false,
    });
    expect(parseRandAugment("rand-mstdinf")).toEqual({ magnitudeStd: Number.POSITIVE_INFINITY });
  });

  it("is refused by the part that is wrong", () => {
    expect(() => parseRandAugment("augmix-m3")).toThrowCode(
      "ERR_INVALID_OPTION",
      '"augmix-m3"',
      '"rand"',
      "rand-m9-mstd0.5-inc1",
    );
    expect(() => parseRandAugment("rand-m9-zoom2")).toThrowCode("ERR_INVALID_OPTION", '"zoom2"', "mstd");
    expect(() => parseRandAugment("rand-toString1")).toThrowCode("ERR_INVALID_OPTION", '"toString1"');
  });
});

describe("randAugment", () => {
  it("is the same for the same stream, and leaves the picture alone", () => {
    const before = Array.from(picture.data);
    const [a, b] = [1, 1].map((seed) => Array.from(randAugment("rand-m9-mstd0.5-inc1")(picture, Rng.from(seed)).data));
    expect(a).toEqual(b);
    expect(Array.from(picture.data)).toEqual(before);
  });

  it("makes a drawn edit half of the time: a quarter of the pictures get none of two", () => {
    const op = randAugment("rand-m9-mstd0.5-inc1");
    const rng = Rng.from(5);
    const untouched = Array.from({ length: 2000 }, () => op(picture, rng)).filter((image) => image === picture).length;
    expect(untouched / 2000).toBeCloseTo(0.25, 1);
  });

  it("refuses floats", () => {
    expect(() => randAugment({ probability: 1 })(floats(3, 4, 4), Rng.from(0))).toThrowCode(
      "ERR_AUGMENTATION",
      "randAugment",
      /\bnormalise\b/,
    );
  });
});

it("colourJitter of 0 changes nothing", () => {
  expect(colourJitter(0)(picture, Rng.from(0))).toBe(picture);
});

it("threeAugment changes every picture, in three ways", () => {
  const rng = Rng.from(2);
  const results = Array.from({ length: 60 }, () => Array.from(threeAugment()(picture, rng).data).join());
  const grey = results.filter((text) => new Set([0, 144, 288].map((at) => text.split(",")[at])).size === 1);
  expect(grey.length).toBeGreaterThan(8);
  expect(new Set(results).size).toBeGreaterThan(15);
});
