import { describe, expect, it } from "vitest";
import { compose, flip, normalise, padCrop, randomErasing } from "../../src/augment/index.js";
import { type ImageOp, inSpace, Rng } from "../../src/data/index.js";
import { bytes, floats, rows } from "./picture.js";

describe("flip", () => {
  it("mirrors left to right in every channel, for bytes and floats", () => {
    const flipped = flip({ probability: 1 })(bytes(2, 2, 3), Rng.from(0));
    expect(rows(flipped)).toEqual([
      [3, 2, 1],
      [6, 5, 4],
      [9, 8, 7],
      [12, 11, 10],
    ]);
    const picture = { ...floats(1, 1, 2), data: Float32Array.of(0.5, -1) };
    expect([...flip({ probability: 1 })(picture, Rng.from(0)).data]).toEqual([-1, 0.5]);
  });

  it("flips half of the time", () => {
    const picture = bytes(1, 1, 2);
    const rng = Rng.from(0);
    const op = flip();
    let flipped = 0;
    for (let i = 0; i < 4000; i++) if (op(picture, rng) !== picture) flipped++;
    expect(Math.abs(flipped - 2000)).toBeLessThan(150);
  });

  it("may stand twice in a row: one op never writes the picture that it reads", () => {
    const op = flip({ probability: 1 });
    const picture = bytes(1, 3, 4);
    expect(rows(compose([op, op])(picture, Rng.from(0)))).toEqual(rows(picture));
    expect(rows(compose([op, op, op])(picture, Rng.from(0)))).toEqual(rows(op(picture, Rng.from(0))));
  });
});

describe("the colour space", () => {
  const space = { mean: [0.3], std: [0.4] };

  it("is said by normalise, carried on by compose, and said of an op of one's own by inSpace", () => {
    expect(normalise(space).space).toEqual(space);
    expect(compose([flip(), compose([normalise(space)]), randomErasing({ probability: 1 })]).space).toEqual(space);
    expect(compose([flip()]).space).toBeUndefined();
    const own = inSpace({ mean: [0], std: [1] }, (image) => ({ ...image, data: Float32Array.from(image.data, (x) => x / 255) }));
    expect(own.space).toEqual({ mean: [0], std: [1] });
    expect(rows(own(bytes(1, 1, 2), Rng.from(0)))).toEqual(rows(normalise({ mean: [0], std: [1] })(bytes(1, 1, 2), Rng.from(0))));
  });

  it("is entered once", () => {
    expect(() => compose([normalise(space), normalise(space)])).toThrowCode("ERR_AUGMENTATION", "compose", /\b2\b/);
  });
});

describe("padCrop", () => {
  it("gives every shift within the padding equally often, filled at the edges", () => {
    const picture = bytes(1, 3, 3);
    const op = padCrop({ pad: 1, fill: 99 });
    const rng = Rng.from(0);
    const seen = new Map<string, number>();
    for (let i = 0; i < 9000; i++) {
      const key = JSON.stringify(rows(op(picture, rng)));
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(9);
    for (const key of [
      "[[1,2,3],[4,5,6],[7,8,9]]",
      "[[99,99,99],[99,1,2],[99,4,5]]",
      "[[5,6,99],[8,9,99],[99,99,99]]",
      "[[4,5,6],[7,8,9],[99,99,99]]",
    ])
      expect(Math.abs(seen.get(key)! - 1000)).toBeLessThan(150);
  });

  it("shifts all channels alike", () => {
    const op = padCrop({ pad: 2 });
    const rng = Rng.from(1);
    for (let i = 0; i < 50; i++) {
      const { data } = op({ ...bytes(2, 4, 4), data: new Uint8Array(32).map((_, k) => (k % 16) + 1) }, rng);
      expect(data.subarray(0, 16)).toEqual(data.subarray(16));
    }
  });
});

describe("normalise", () => {
  it("takes bytes to [0, 1] first, each channel by its own numbers", () => {
    const picture = { data: Uint8Array.of(0, 255, 51, 102), channels: 2, height: 1, width: 2 };
    const out = normalise({ mean: [0.5, 0.2], std: [0.5, 0.1] })(picture, Rng.from(0));
    [-1, 1, 0, 2].forEach((value, i) => expect(out.data[i]).toBeCloseTo(value, 6));
  });

  it("leaves floats in their unit", () => {
    const picture = { data: Float32Array.of(0.25, 0.75), channels: 1, height: 1, width: 2 };
    expect([...normalise({ mean: [0.25], std: [0.5] })(picture, Rng.from(0)).data]).toEqual([0, 1]);
  });

  it("refuses numbers that do not fit", () => {
    expect(() => normalise({ mean: [0.5], std: [] })).toThrowCode("ERR_INVALID_OPTION", "normalise", "[0.5]", "[]");
    expect(() => normalise({ mean: [0.5], std: [0] })).toThrowCode("ERR_INVALID_OPTION", "normalise", "[0.5]", "[0]");
    expect(() => normalise({ mean: [0.5], std: [0.5] })(bytes(3, 2, 2), Rng.from(0))).toThrowCode(
      "ERR_AUGMENTATION",
      "normalise",
      /\b1\b.*\b3\b/,
    );
  });
});

describe("every op", () => {
  const ops: [string, ImageOp, "bytes" | "floats"][] = [
    ["flip", flip({ probability: 1 }), "bytes"],
    ["padCrop", padCrop({ pad: 2 }), "bytes"],
    ["normalise", normalise({ mean: [0.5, 0.5], std: [1, 1] }), "bytes"],
    ["randomErasing", randomErasing({ probability: 1, mode: "pixel" }), "floats"],
  ];

  it.each(ops)("%s leaves its input alone, repeats itself with the same Rng, and adapts to another size", (_, op, kind) => {
    const make = kind === "bytes" ? bytes : floats;
    for (const [height, width] of [
      [6, 7],
      [5, 4],
      [6, 7],
    ]) {
      const picture = make(2, height, width);
      const before = picture.data.slice();
      const once = op(picture, Rng.from(3)).data.slice();
      expect(op(picture, Rng.from(3)).data).toEqual(once);
      expect(picture.data).toEqual(before);
      expect(once).toHaveLength(picture.data.length);
    }
  });
});
