import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { classCounts, fashionMnist, fashionMnistFolder, fashionMnistStats } from "../../src/data/index.js";

const folder = mkdtempSync(join(tmpdir(), "fashion-mnist-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const installed = existsSync(process.env.VIT_DISTILL_FASHION_MNIST || "/usr/share/datasets/fashion-mnist");

describe("a folder without the original files", () => {
  it("says which folder is missing and what to do", () => {
    const none = join(folder, "none");
    expect(() => fashionMnist({ split: "test", folder: none })).toThrowCode(
      "ERR_DATA_NOT_FOUND",
      none,
      "dataset-fashion-mnist",
      "VIT_DISTILL_FASHION_MNIST",
      "`folder`",
    );
  });

  it("takes the environment's folder, but rather the one named", () => {
    vi.stubEnv("VIT_DISTILL_FASHION_MNIST", "/nowhere/at/all");
    expect(() => fashionMnist({ split: "test" })).toThrowCode("ERR_DATA_NOT_FOUND", "/nowhere/at/all");
    expect(fashionMnistFolder(folder)).toBe(folder);
  });

  it("says which file is missing", () => {
    expect(() => fashionMnist({ split: "test", folder })).toThrowCode(
      "ERR_DATA_NOT_FOUND",
      folder,
      "t10k-images-idx3-ubyte.gz",
      /t10k-images-idx3-ubyte(?!\.gz)/,
    );
  });

  it("refuses a file of another size, of other contents, and a cut archive", () => {
    const path = join(folder, "t10k-images-idx3-ubyte");
    const load = () => fashionMnist({ split: "test", folder });
    writeFileSync(path, "short");
    expect(load).toThrowCode("ERR_DATA_FORMAT", path, /\b5\b/, 7840016);
    const packed = gzipSync(new Uint8Array(7_840_016));
    writeFileSync(`${path}.gz`, packed);
    expect(load).toThrowCode(
      "ERR_DATA_FORMAT",
      `${path}.gz`,
      /\b[0-9a-f]{64}\b.*\b5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b\b/,
    );
    writeFileSync(`${path}.gz`, packed.subarray(0, 1000));
    expect(load).toThrowCode("ERR_DATA_FORMAT", `${path}.gz`);
  });
});

describe.skipIf(!installed)("the original files (skipped where the data set is not installed)", () => {
  it("are read, packed or not: 10,000 test pictures, 1,000 of each class", () => {
    const test = fashionMnist({ split: "test" });
    expect([test.n, test.channels, test.height, test.width]).toEqual([10_000, 1, 28, 28]);
    expect(classCounts(test)).toEqual(new Array(10).fill(1000));
    expect(test.classes[test.labels[0]]).toBe("Ankle boot");
    const unpacked = mkdtempSync(join(folder, "unpacked-"));
    for (const name of ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
      writeFileSync(join(unpacked, name), gunzipSync(readFileSync(join(fashionMnistFolder(), `${name}.gz`))));
    const again = fashionMnist({ split: "test", folder: unpacked });
    expect(Buffer.compare(again.images, test.images)).toBe(0);
    expect(again.labels).toEqual(test.labels);
  });

  it("have the mean and deviation that the models are told", () => {
    const { images, n } = fashionMnist({ split: "train" });
    expect(n).toBe(60_000);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < images.length; i++) {
      sum += images[i];
      squares += images[i] ** 2;
    }
    const mean = sum / images.length;
    expect(mean / 255).toBeCloseTo(fashionMnistStats.mean[0], 4);
    expect(Math.sqrt(squares / images.length - mean * mean) / 255).toBeCloseTo(fashionMnistStats.std[0], 4);
  });
});
