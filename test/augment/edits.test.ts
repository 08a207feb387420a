import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rotate, shearX, shearY, translateX, translateY } from "../../src/augment/affine.js";
import type { ByteImage, Edit } from "../../src/augment/edit.js";
import { colour, greyscale, sharpness } from "../../src/augment/enhance.js";
import { gaussianBlur } from "../../src/augment/gaussian-blur.js";
import * as tables from "../../src/augment/look-up.js";

const golden = JSON.parse(readFileSync(new URL("reference/pillow.json", import.meta.url), "utf8"));
const { height, width, fill } = golden;
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const picture: ByteImage = { data: bytes(golden.picture), channels: 3, height, width };

const edits: Record<string, (by: number) => Edit> = {
  ...{ colour, sharpness, gaussianBlur, posterize: tables.posterize, solarize: tables.solarize, solarizeAdd: tables.solarizeAdd },
  ...{ brightness: tables.brightness, contrast: tables.contrast },
  invert: () => tables.invert,
  autoContrast: () => tables.autoContrast,
  equalize: () => tables.equalize,
  greyscale: () => greyscale,
  shearX: (by) => shearX(by, fill),
  shearY: (by) => shearY(by, fill),
  translateX: (by) => translateX(by, fill),
  translateY: (by) => translateY(by, fill),
  rotate: (by) => rotate(by, fill),
};

function made(edit: Edit): Uint8Array {
  const out = new Uint8Array(picture.data.length);
  edit(picture, out);
  return out;
}

describe("an edit makes Pillow's bytes of a picture", () => {
  it.each(Object.keys(golden.edits))("%s", (name) => {
    const [kind, by] = name.split(" ");
    expect(Array.from(made(edits[kind](Number(by))))).toEqual([...bytes(golden.edits[name])]);
  });
});

it("an edit leaves its input alone", () => {
  const before = Array.from(picture.data);
  for (const name of Object.keys(golden.edits)) made(edits[name.split(" ")[0]](Number(name.split(" ")[1])));
  expect(Array.from(picture.data)).toEqual(before);
});
