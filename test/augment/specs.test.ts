/** Every op carries what makes it again: in a data worker it is the same op. */
import { describe, expect, test } from "vitest";
import * as augment from "../../src/augment/index.js";
import { type Image, type ImageOp, Rng, specsOf } from "../../src/data/index.js";
import { bytes } from "./picture.js";

const view = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
const ops: Record<string, ImageOp> = {
  centreCrop: augment.centreCrop({ size: 4 }),
  colourJitter: augment.colourJitter(0.4),
  "colourJitter of one": augment.colourJitter({ saturation: 0.3 }),
  flip: augment.flip({ probability: 0.3 }),
  normalise: augment.normalise(view),
  padCrop: augment.padCrop({ pad: 2, fill: 9 }),
  randAugment: augment.randAugment("rand-m9-mstd0.5-inc1"),
  randomCrop: augment.randomCrop({ size: 4, pad: 1 }),
  randomErasing: augment.randomErasing({ probability: 0.7, mode: "pixel" }),
  randomResizedCrop: augment.randomResizedCrop({ size: 4 }),
  shorterSide: augment.shorterSide({ size: 4 }),
  threeAugment: augment.threeAugment(),
};

const factories = augment as unknown as Record<string, (options: unknown) => ImageOp>;
const again = (op: ImageOp): ImageOp[] => structuredClone(specsOf(op))!.map(({ op, options }) => factories[op](options));

const outcome = (op: ImageOp, image: Image, seed: number): unknown =>
  op.framing ? op.framing(image, Rng.from(seed)) : [...op(image, Rng.from(seed)).data];

describe.each(Object.keys(ops))("%s", (name) => {
  test("made again from its spec does the same", () => {
    const [made] = again(ops[name]);
    const bare = bytes(3, 6, 7);
    const image = name === "randomErasing" ? { ...bare, data: Float32Array.from(bare.data) } : bare;
    for (let seed = 0; seed < 20; seed++) expect(outcome(made, image, seed)).toEqual(outcome(ops[name], image, seed));
    expect(made.space).toEqual(ops[name].space);
  });
});

test("a composed op is its parts, however deep", () => {
  const inner = augment.compose([augment.flip(), augment.normalise(view)]);
  const outer = augment.compose([augment.padCrop({ pad: 1 }), inner]);
  expect(specsOf(outer)!.map(({ op }) => op)).toEqual(["padCrop", "flip", "normalise"]);
  expect(specsOf(augment.compose([augment.flip(), (image) => image]))).toBeNull();
});

test("no op of this folder goes without", () => {
  const known = new Set(Object.values(ops).map(({ spec }) => spec!.op));
  const composed = ["compose", "mixup", "softTargets", "parseRandAugment", "trainAugment", "threeAugmented", "evalAugment"];
  expect(Object.keys(augment).filter((name) => !known.has(name) && !composed.includes(name))).toEqual([]);
});
