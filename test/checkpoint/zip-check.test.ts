/** A zip of PyTorch's is whole, or the entry that is not is named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memorySource } from "../../src/checkpoint/byte-source.js";
import { checkZip } from "../../src/checkpoint/index.js";
import { readZip } from "../../src/checkpoint/zip.js";

const script = readFileSync(join(import.meta.dirname, "../models/foreign/vit-dict.pt"));
const entries = readZip(memorySource(script, "vit-dict.pt"));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vit-distill-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function check(bytes: Uint8Array): void {
  const path = join(folder, "teacher.pt");
  writeFileSync(path, bytes);
  checkZip(path);
}

function changed(change: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(script);
  change(bytes);
  return bytes;
}

const at = (name: string) => entries.get(`vit-dict/${name}`)!.locate();

/** Of an entry, in the directory. */
const record = (name: string) => script.lastIndexOf(`vit-dict/${name}`) - 46;

test("a whole one passes, with entries that are stored and entries that are compressed", () => {
  expect(new Set([...entries.values()].map(({ compression }) => compression))).toEqual(new Set([0, 8]));
  check(script);
});

test.each(["data/2", "data.pkl", "code/__torch__.py", "constants.pkl"])("one bit of %s", (name) => {
  const { begin, length } = at(name);
  for (const place of [0, length >> 1, length - 2])
    expect(() => check(changed((bytes) => (bytes[begin + place] ^= 4)))).toThrowCode(
      "ERR_WEIGHTS_FORMAT",
      "teacher.pt",
      `vit-dict/${name}`,
    );
});

test("a directory that says something else", () => {
  const name = "code/__torch__.py";
  const refuses = (change: (bytes: Buffer, at: number) => unknown) =>
    expect(() => check(changed((bytes) => change(bytes, record(name))))).toThrowCode("ERR_WEIGHTS_FORMAT", `vit-dict/${name}`);
  refuses((bytes, at) => bytes.writeUInt32LE(1, at + 16)); // another checksum
  refuses((bytes, at) => bytes.writeUInt32LE(2 ** 31, at + 24)); // so many bytes are not made
  refuses((bytes, at) => bytes.writeUInt32LE(10, at + 24)); // nor more than it says
  refuses((bytes, at) => bytes.writeUInt32LE(3, at + 20));
  refuses((bytes, at) => bytes.writeUInt32LE(5, at + 42)); // another place
  refuses((bytes, at) => bytes.writeUInt16LE(9, at + 10)); // another compression
});

test("cut anywhere, and what is no zip", () => {
  for (let length = 4; length < script.length; length += 977)
    expect(() => check(script.subarray(0, length))).toThrowCode("ERR_WEIGHTS_FORMAT", "teacher.pt");
  expect(() => check(Buffer.from("weights"))).toThrowCode("ERR_WEIGHTS_FORMAT", "teacher.pt", "PyTorch");
  expect(() => check(new Uint8Array())).toThrowCode("ERR_WEIGHTS_FORMAT", "teacher.pt");
});
