/** The short way through JPEG files gives libvips' bytes, or leaves the file to libvips; and what is damaged is so whatever part is asked for. */
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decode } from "../../src/data/decode.js";
import { type Cut, Rng, type Size } from "../../src/data/index.js";
import { jpegHeader } from "../../src/data/jpeg-header.js";
import { resampleJpeg } from "../../src/data/resample.js";
import { decodeAny, verify } from "../../src/data/vips.js";

const golden: Record<string, string> = JSON.parse(readFileSync(new URL("reference/jpegs.json", import.meta.url), "utf8"));
const files = Object.entries(golden).map(([name, text]) => ({ name, bytes: Buffer.from(text, "base64") }));
const [plain] = files.flatMap(({ name, bytes }) => (name === "4:2:0, baseline" ? [bytes] : []));

/** Undefined where the short way does not go. */
function shortWay(bytes: Uint8Array, cut: Cut) {
  const header = jpegHeader(bytes);
  return header?.isOrdinary && header.isWhole ? resampleJpeg({ data: bytes, ...header }, cut) : undefined;
}

function randomCut({ width, height }: Size, rng: Rng): Cut {
  const size = { width: 1 + rng.int(width), height: 1 + rng.int(height) };
  const from = { left: rng.int(width - size.width + 1), top: rng.int(height - size.height + 1), ...size };
  const to = rng.chance(0.5) ? size : { width: 1 + rng.int(40), height: 1 + rng.int(40) };
  return { from, to, interpolation: "bicubic" };
}

const cutAt = (top: number): Cut => ({
  from: { left: 0, top, width: 20, height: 6 },
  to: { width: 20, height: 6 },
  interpolation: "bicubic",
});

const isBuilt = shortWay(plain, cutAt(0)) !== undefined;

describe.skipIf(!isBuilt)(`the short way${isBuilt ? "" : " (the addon was built without libjpeg-turbo)"}`, () => {
  const left = ["RGB, baseline", "4:2:0, arithmetic"]; // to libvips

  test.each(files)("gives libvips' bytes of any part: $name", async ({ name, bytes }) => {
    const rng = Rng.from(1, name);
    const header = jpegHeader(bytes)!;
    for (let round = 0; round < 12; round++) {
      const cut = randomCut(header, rng);
      const image = shortWay(bytes, cut);
      expect(image === undefined).toBe(left.includes(name));
      if (image) expect(image).toEqual(await decodeAny(bytes, { channels: header.channels, cutting: () => cut }));
    }
  });

  test("gives them for pictures of any size", async () => {
    const rng = Rng.from(2);
    for (let round = 0; round < 40; round++) {
      const [width, height] = [1 + rng.int(150), 1 + rng.int(150)];
      const pixels = Uint8Array.from({ length: 3 * width * height }, () => rng.int(256));
      const chromaSubsampling = rng.chance(0.5) ? "4:2:0" : "4:4:4";
      const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .jpeg({ chromaSubsampling, progressive: rng.chance(0.5), quality: 1 + rng.int(100) })
        .toBuffer();
      const cut = randomCut({ width, height }, rng);
      expect(shortWay(bytes, cut)).toEqual(await decodeAny(bytes, { channels: 3, cutting: () => cut }));
    }
  });

  test("is not for what is turned, CMYK, or damaged where it can be read all the same", async () => {
    const turned = await sharp(plain).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(jpegHeader(turned)).toMatchObject({ isOrdinary: false, isWhole: true });
    const upright = await sharp(plain).withMetadata({ orientation: 1 }).jpeg().toBuffer();
    expect(jpegHeader(upright)).toMatchObject({ isOrdinary: true });
    const cmyk = await sharp(plain).toColourspace("cmyk").jpeg().toBuffer();
    expect(jpegHeader(cmyk)).toMatchObject({ isOrdinary: false, channels: 4 });
    const marked = Buffer.concat([plain.subarray(0, -200), Buffer.from([0xff, 0xc0]), plain.subarray(-198)]); // a frame among the pixels
    for (const top of [0, 30, 60]) expect(shortWay(marked, cutAt(top))).toBeUndefined();
  });

  test("says no to damaged files, or gives libvips' bytes; it never crashes or hangs", async () => {
    const rng = Rng.from(3);
    let [taken, left] = [0, 0];
    for (let round = 0; round < 3000; round++) {
      const bytes = damaged(files[rng.int(files.length)].bytes, rng);
      const header = jpegHeader(bytes);
      if (!header || header.width * header.height > 1e6 || header.width * header.height === 0) continue;
      const cut = randomCut(header, rng);
      const image = shortWay(bytes, cut);
      if (!image) left++;
      else if (taken++ % 25 === 0)
        expect(image).toEqual(await decodeAny(bytes, { channels: header.channels, cutting: () => cut }));
    }
    expect(taken).toBeGreaterThan(500);
    expect(left).toBeGreaterThan(500);
  });
});

/** A few bytes changed, anywhere or in the header, and now and then cut off. */
function damaged(good: Uint8Array, rng: Rng): Uint8Array {
  const bytes = Uint8Array.from(good.subarray(0, rng.chance(0.1) ? rng.int(good.length) : good.length));
  const range = rng.chance(0.4) ? Math.min(700, bytes.length) : bytes.length;
  for (let change = 1 + rng.int(4); change > 0 && range > 2; change--) {
    const place = 2 + rng.int(range - 2);
    bytes[place] = rng.chance(0.5) ? rng.int(256) : bytes[place] ^ (1 << rng.int(8));
  }
  return bytes;
}

describe("a file is damaged", async () => {
  const turned = await sharp(plain).withMetadata({ orientation: 3 }).jpeg().toBuffer();

  test.each([
    ["plain", plain],
    ["turned", turned],
  ])("or not, whatever part of it is asked for: %s", async (_, bytes) => {
    for (const length of [bytes.length - 2, bytes.length - 100, bytes.length >> 1, 300, 3]) {
      const rest = bytes.subarray(0, length);
      for (const top of [0, 30, 60])
        await expect(decode(rest, { channels: 3, cutting: () => cutAt(top) })).rejects.toThrowCode("ERR_DATA_FORMAT");
      await expect(verify(rest)).rejects.toThrowCode("ERR_DATA_FORMAT");
    }
    const more = Buffer.concat([bytes, Buffer.from("what some cameras append")]);
    for (const top of [0, 60])
      expect((await decode(more, { channels: 3, cutting: () => cutAt(top) })).data).toEqual(
        (await decode(bytes, { channels: 3, cutting: () => cutAt(top) })).data,
      );
  });
});
