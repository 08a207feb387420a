import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { centreCrop, evalAugment, randomCrop, randomResizedCrop, shorterSide, trainAugment } from "../../src/augment/index.js";
import { randomPart } from "../../src/augment/random-resized-crop.js";
import { cutOut } from "../../src/data/decode.js";
import { type Cut, type ImageOp, Rng, type Size } from "../../src/data/index.js";
import { bytes } from "./picture.js";

const golden = JSON.parse(readFileSync(new URL("reference/pillow.json", import.meta.url), "utf8"));
const pixels = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const picture = { data: pixels(golden.picture), channels: 3, height: golden.height, width: golden.width };

const cutOf = (op: ImageOp, size: Size, rng = Rng.from(0)): Cut => op.framing!(size, rng);

describe("a cut is resized to Pillow's bytes", () => {
  it.each(golden.crops as { name: string; box: Cut["from"]; size: Size; interpolation: Cut["interpolation"]; pixels: string }[])(
    "$name",
    ({ box, size, interpolation, pixels: expected }) => {
      const { data, width, height } = cutOut(picture, () => ({ from: box, to: size, interpolation }));
      expect({ width, height }).toEqual(size);
      expect(Array.from(data)).toEqual(Array.from(pixels(expected)));
    },
  );

  it("keeps the box asked for, as if the rest had been made and thrown away", () => {
    const whole = {
      from: { left: 0, top: 0, ...sizeOf(picture) },
      to: { width: 30, height: 24 },
      interpolation: "bicubic",
    } as const;
    const keep = { left: 7, top: 3, width: 11, height: 13 };
    const all = cutOut(picture, () => whole);
    const part = cutOut(picture, () => ({ ...whole, keep }));
    for (let y = 0; y < keep.height; y++)
      for (let x = 0; x < keep.width; x++)
        expect(part.data[y * keep.width + x]).toBe(all.data[(y + keep.top) * 30 + x + keep.left]);
  });
});

const sizeOf = ({ width, height }: Size): Size => ({ width, height });

describe("randomResizedCrop", () => {
  it("draws areas and shapes within their bounds, evenly in area and in the logarithm of the shape", () => {
    const rng = Rng.from(3);
    const size = { width: 400, height: 400 };
    const boxes = Array.from({ length: 20_000 }, () => randomPart(size, { scale: [0.08, 0.5], ratio: [3 / 4, 4 / 3] }, rng));
    const areas = boxes.map(({ width, height }) => (width * height) / 160_000);
    const shapes = boxes.map(({ width, height }) => Math.log(width / height));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(areas)).toBeCloseTo(0.29, 2);
    expect(mean(shapes)).toBeCloseTo(0, 1);
    expect(Math.min(...areas)).toBeGreaterThan(0.078);
    expect(Math.max(...areas)).toBeLessThan(0.503);
    for (const { left, top, width, height } of boxes) {
      expect(left >= 0 && top >= 0 && left + width <= 400 && top + height <= 400).toBe(true);
    }
  });

  it("takes the middle of a picture that has no part of an allowed shape", () => {
    expect(randomPart({ width: 300, height: 10 }, { scale: [0.9, 1], ratio: [3 / 4, 4 / 3] }, Rng.from(0))).toEqual({
      left: 143,
      top: 0,
      width: 13,
      height: 10,
    });
  });

  it("takes a picture of one pixel", () => {
    const cut = cutOf(randomResizedCrop({ size: 8 }), { width: 1, height: 1 });
    expect(cut.from).toEqual({ left: 0, top: 0, width: 1, height: 1 });
  });

  it("is done while decoding, and says so when it stands elsewhere", () => {
    expect(() => randomResizedCrop({ size: 8 })(picture, Rng.from(0))).toThrowCode("ERR_AUGMENTATION", "randomResizedCrop");
  });
});

describe("centreCrop", () => {
  it("is torchvision's Resize(256) and CenterCrop(224)", () => {
    const cut = cutOf(centreCrop({ size: 224, share: 0.875 }), { width: 500, height: 375 });
    expect(cut.to).toEqual({ width: 341, height: 256 });
    expect(cut.keep).toEqual({ left: 58, top: 16, width: 224, height: 224 });
  });

  it("refuses a share beyond the picture", () => {
    expect(() => centreCrop({ size: 8, share: 1.2 })).toThrowCode("ERR_INVALID_OPTION", "centreCrop", "share", "1.2");
  });
});

describe("randomCrop", () => {
  it("mirrors the edges, which are not repeated", () => {
    const op = randomCrop({ size: 5, pad: 2 });
    const rows = new Set<string>();
    const rng = Rng.from(1);
    for (let i = 0; i < 60; i++) rows.add(Array.from(op(bytes(1, 1 + 4, 5), rng).data.subarray(0, 5)).join());
    expect(rows).toContain("13,12,11,12,13"); // two beyond the top left corner
    expect(rows).toContain("1,2,3,4,5");
  });

  it("refuses a picture that is too small, or too small to be mirrored so far", () => {
    expect(() => randomCrop({ size: 9, pad: 2 })(bytes(1, 4, 5), Rng.from(0))).toThrowCode(
      "ERR_AUGMENTATION",
      "randomCrop",
      /\b9\b/,
      "5×4",
    );
    expect(() => randomCrop({ size: 9, pad: 4 })(bytes(1, 4, 5), Rng.from(0))).toThrowCode("ERR_AUGMENTATION", /\b4\b/, "5×4");
  });

  it("cuts from a larger picture", () => {
    const cut = cutOf(shorterSide({ size: 6 }), { width: 9, height: 6 });
    expect(cut.to).toEqual({ width: 9, height: 6 });
    const { width, height } = randomCrop({ size: 6 })(bytes(3, 6, 9), Rng.from(0));
    expect([width, height]).toEqual([6, 6]);
  });
});

it("the published augmentations end in the model's own space", () => {
  const view = { size: 16, mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.3] };
  expect(trainAugment(view).space).toEqual({ mean: view.mean, std: view.std });
  expect(evalAugment(view).space).toEqual({ mean: view.mean, std: view.std });
});
