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
    expect(() => check(changed((bytes) => (bytes[begin + place] ^= 4)))).toThrow(
      `teacher.pt: "vit-dict/${name}" in it is not what was written: its checksum differs. The file is damaged`,
    );
});

test("a directory that says something else", () => {
  const name = "code/__torch__.py";
  const saying = (place: number, value: number) => () =>
    check(changed((bytes) => bytes.writeUInt32LE(value, record(name) + place)));
  expect(saying(16, 1)).toThrow(/checksum differs/);
  expect(saying(24, 2 ** 31)).toThrow(/checksum differs/); // so many bytes are not made
  expect(saying(24, 10)).toThrow(/checksum differs/); // nor more than it says
  expect(saying(20, 3)).toThrow(/checksum differs/);
  expect(saying(42, 5)).toThrow(/not where the directory says/);
  expect(() => check(changed((bytes) => bytes.writeUInt16LE(9, record(name) + 10)))).toThrow(/checksum differs/);
});

test("cut anywhere, and what is no zip", () => {
  for (let length = 4; length < script.length; length += 977)
    expect(() => check(script.subarray(0, length))).toThrow(/the zip is damaged|truncated/);
  expect(() => check(Buffer.from("weights"))).toThrow("teacher.pt: is no zip, as files of PyTorch are");
  expect(() => check(new Uint8Array())).toThrow("is no zip");
});
