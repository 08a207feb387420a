/** Files of every mode become the pixels that the rules in src/data/decode.ts say. */
import sharp, { type Color, type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { decode, MOST_PIXELS } from "../../src/data/decode.js";
import type { Image } from "../../src/data/index.js";
import { verify } from "../../src/data/vips.js";
import { damagedFiles, drawFile, modes, oddFiles } from "../../tools/corpus/pictures.js";

const plain = (colour: Color, { width = 6, height = 4, channels = 3 as 3 | 4 } = {}) =>
  sharp({ create: { width, height, channels, background: colour } });
const first = ({ data, width, height, channels }: Image) => Array.from({ length: channels }, (_, c) => data[c * width * height]);
const decoded = async (file: Sharp, channels = 3) => first(await decode(await file.toBuffer(), { channels }));

describe("pixels", () => {
  test("of a PNG are its own, in planes", async () => {
    const pixels = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const bytes = await sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } })
      .png()
      .toBuffer();
    const { data, ...size } = await decode(bytes, { channels: 3 });
    expect(size).toEqual({ channels: 3, height: 2, width: 2 });
    expect([...data]).toEqual([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]);
  });

  test("of 16 bits lose the lower eight", async () => {
    expect(await decoded(plain({ r: 200, g: 100, b: 0 }).toColourspace("rgb16").png())).toEqual([200, 100, 0]);
  });

  test("of grey stand in every channel, and colour becomes grey as PIL's L", async () => {
    expect(await decoded(plain("#808080").toColourspace("b-w").png())).toEqual([128, 128, 128]);
    expect(await decoded(plain({ r: 200, g: 100, b: 50 }).png(), 1)).toEqual([124]); // 0.299 · 200 + 0.587 · 100 + 0.114 · 50 = 124.2
    expect(await decoded(plain("#808080").toColourspace("b-w").png(), 1)).toEqual([128]);
  });

  test("lie on white where they are transparent", async () => {
    expect(await decoded(plain({ r: 0, g: 0, b: 0, alpha: 0 }, { channels: 4 }).png())).toEqual([255, 255, 255]);
    const [red] = await decoded(plain({ r: 100, g: 0, b: 0, alpha: 0.5 }, { channels: 4 }).png());
    expect(Math.abs(red - 177)).toBeLessThanOrEqual(1);
  });

  test("of CMYK are about the colours that it was printed from", async () => {
    const colour = await decoded(plain({ r: 200, g: 120, b: 60 }).toColourspace("cmyk").jpeg({ quality: 100 }));
    for (const [i, value] of [200, 120, 60].entries()) expect(Math.abs(colour[i] - value)).toBeLessThan(25);
  });

  test("are turned as EXIF says", async () => {
    const bytes = await plain("#fff", { width: 30, height: 20 }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decode(bytes, { channels: 3 })).toMatchObject({ width: 20, height: 30 });
    expect((await verify(bytes)).kinds).toContain("turned");
  });

  test("are the first frame's of an animation", async () => {
    const frames = await Promise.all(["#ff0000", "#0000ff"].map((colour) => plain(colour).png().toBuffer()));
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await verify(bytes)).kinds).toContain("animated");
    expect(first(await decode(bytes, { channels: 3 }))).toEqual([255, 0, 0]);
  });

  test.each(modes)("of every mode of the corpus have a size and three channels: %s", async (mode) => {
    const { bytes, name } = await drawFile(modes.indexOf(mode) * 2, { seed: 0, classes: 2, most: 60 });
    const { data, width, height, channels } = await decode(bytes, { channels: 3 });
    expect(name.startsWith(mode)).toBe(true);
    expect(data).toHaveLength(channels * width * height);
    expect(new Set(data).size).toBeGreaterThan(20);
  });
});

describe("files that are no pictures say why", async () => {
  const facts: Record<string, (string | number | RegExp)[]> = {
    "truncated.jpg": [],
    "truncated.png": [],
    "nothing.jpg": [],
    "text.jpg": [],
    "drawing.png": ["svg", "jpeg, png, webp, gif, tiff, heif"],
    "bomb.png": [MOST_PIXELS / 1e6],
  };
  const files = await damagedFiles();

  test.each(Object.keys(files))("%s", async (name) => {
    const told = ["ERR_DATA_FORMAT", /^it [^\n]+$/, ...facts[name]] as const; // as the end of a sentence, without the name
    await expect(decode(files[name], { channels: 3 })).rejects.toThrowCode(...told);
    await expect(verify(files[name], name)).rejects.toThrowCode(...told);
  });

  test("odd ones are read: another ending, one pixel, twenty megapixels", async () => {
    const kinds: Record<string, string[]> = {};
    for (const [name, bytes] of Object.entries(await oddFiles())) kinds[name] = [...(await verify(bytes, name)).kinds];
    expect(kinds).toEqual({
      "a-png-by-content.jpg": ["png", "misnamed"],
      "one-pixel.png": ["png"],
      "twenty-megapixels.jpg": ["jpeg"],
    });
  });
});
