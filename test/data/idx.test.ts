import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { parseIdx, Rng, readIdx } from "../../src/data/index.js";

const folder = mkdtempSync(join(tmpdir(), "idx-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** 2×3 bytes, 1 to 6. */
const small = () => Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);

const changed = (at: number, value: number) => {
  const bytes = small();
  bytes[at] = value;
  return bytes;
};

describe("parseIdx", () => {
  it("reads dimensions and data, without a copy, from a view at any offset", () => {
    const bytes = new Uint8Array([9, 9, 9, ...small()]).subarray(3);
    const { dims, data } = parseIdx(bytes);
    expect(dims).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(data.buffer).toBe(bytes.buffer);
  });

  it.each<[string, Uint8Array, ...facts: (string | RegExp)[]]>([
    ["nothing", new Uint8Array(0), /\b0\b/],
    ["a wrong start", changed(0, 1), "01 00 08 02"],
    ["an unknown type", changed(2, 7), "00 00 07 02"],
    ["another type", changed(2, 0x0d), "float32", "uint8"],
    ["no dimensions", changed(3, 0)],
    ["more dimensions than bytes", changed(3, 255), /\b255\b/],
    ["a larger dimension", changed(7, 3), /\b3×3\b.*\b9\b.*\b6\b/],
    ["a huge dimension", changed(4, 255), /\b4278190082×3\b.*\b12834570246\b.*\b6\b/],
    ["a missing byte", small().subarray(0, 17), /\b2×3\b.*\b6\b.*\b5\b/],
    ["a spare byte", Uint8Array.of(...small(), 7), /\b2×3\b.*\b6\b.*\b7\b/],
  ])("refuses %s", (_, bytes, ...facts) => {
    expect(() => parseIdx(bytes, "some/file")).toThrowCode("ERR_DATA_FORMAT", "some/file", "IDX", ...facts);
  });

  it("never crashes on mutated bytes: a consistent result or a clear error", () => {
    const rng = Rng.from(0, "fuzz");
    let refused = 0;
    for (let round = 0; round < 5000; round++) {
      const bytes = small().slice(0, rng.chance(0.3) ? rng.int(19) : 18);
      for (let change = rng.int(4); change >= 0 && bytes.length > 0; change--)
        bytes[rng.int(Math.min(bytes.length, 13))] = rng.int(rng.chance(0.5) ? 4 : 256);
      try {
        const { dims, data } = parseIdx(bytes);
        expect(dims.reduce((product, dim) => product * dim, 1)).toBe(data.length);
      } catch (error) {
        if ((error as { code?: string }).code !== "ERR_DATA_FORMAT") throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(2500);
  });
});

describe("readIdx", () => {
  it("reads a plain and a packed file, whatever their names", () => {
    const plain = join(folder, "plain.gz");
    const packed = join(folder, "packed");
    writeFileSync(plain, small());
    writeFileSync(packed, gzipSync(small()));
    expect(readIdx(plain)).toEqual(readIdx(packed));
  });

  it("names the file that is damaged or cannot be read", () => {
    const cut = join(folder, "cut.gz");
    writeFileSync(cut, gzipSync(small()).subarray(0, 20));
    expect(() => readIdx(cut)).toThrowCode("ERR_DATA_FORMAT", cut);
    expect(() => readIdx(folder)).toThrowCode("ERR_FILE", folder);
    expect(() => readIdx(join(folder, "none"))).toThrowCode("ERR_DATA_NOT_FOUND", join(folder, "none"));
  });
});
