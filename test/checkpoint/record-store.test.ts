/** Records that were written whole come back; what a kill or a flipped bit left does not. */

import { appendFileSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs"; // biome-ignore format: one import
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { RecordStore } from "../../src/checkpoint/index.js";

const root = mkdtempSync(join(tmpdir(), "records-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const fresh = () => join(root, `store-${folders++}`);

const open = (dir: string, about = { of: "tests" }) => new RecordStore(dir, { recordBytes: 8, about });
const key = (i: number) => new Uint8Array(16).fill(i);
const record = (i: number) => Uint8Array.from({ length: 8 }, (_, at) => 16 * i + at);

function filled(count: number): string {
  const dir = fresh();
  const store = open(dir);
  for (let i = 0; i < count; i++) store.append(key(i), record(i));
  store.close();
  return dir;
}

const found = (store: RecordStore, count: number) => Array.from({ length: count }, (_, i) => store.read(key(i)) !== null);

test("what was appended is there, in this process and in the next, and is appended once", () => {
  const dir = fresh();
  const first = open(dir);
  first.append(key(1), record(1));
  first.append(key(1), record(2));
  expect(first.read(key(1))).toEqual(record(1));
  first.close();
  const second = open(dir);
  expect(second.count).toBe(1);
  expect(second.read(key(1))).toEqual(record(1));
  expect(second.read(key(2))).toBeNull();
  second.close();
});

test("who only looks leaves no folder", () => {
  const dir = fresh();
  const store = open(dir);
  expect(store.read(key(1))).toBeNull();
  store.close();
  expect(existsSync(dir)).toBe(false);
});

test("two at a time write each its own shard", () => {
  const dir = fresh();
  const [a, b] = [open(dir), open(dir)];
  a.append(key(1), record(1));
  b.append(key(2), record(2));
  a.close();
  b.close();
  const both = open(dir);
  expect(both.count).toBe(2);
  expect(both.read(key(2))).toEqual(record(2));
  both.close();
  expect(readdirSync(dir).sort()).toEqual(["00000.keys", "00000.records", "00001.keys", "00001.records", "about.json"]);
});

test("cut anywhere, what is whole is kept", () => {
  for (const file of ["00000.records", "00000.keys"])
    for (const cut of [0, 1, 7, 8, 19, 20, 23, 39]) {
      const dir = filled(3);
      const path = join(dir, file);
      const size = readFileSync(path).length;
      truncateSync(path, Math.max(0, size - cut));
      const store = open(dir);
      const whole = Math.floor((size - cut) / (size / 3));
      expect(found(store, 3)).toEqual([0, 1, 2].map((i) => i < whole));
      store.append(key(9), record(9));
      expect(store.read(key(9))).toEqual(record(9));
      store.close();
    }
});

test("a flipped bit is noticed, and the record can be written anew", () => {
  for (let at = 0; at < 8; at++) {
    const dir = filled(3);
    const file = openSync(join(dir, "00000.records"), "r+");
    writeSync(file, Uint8Array.of(record(1)[at] ^ 4), 0, 1, 8 + at);
    const store = open(dir);
    expect(found(store, 3)).toEqual([true, false, true]);
    expect(store.damaged).toBe(1);
    store.append(key(1), record(1));
    expect(store.read(key(1))).toEqual(record(1));
    store.close();
  }
});

test("rubbish in the keys' file gives no wrong record", () => {
  const dir = filled(2);
  appendFileSync(join(dir, "00000.keys"), Buffer.alloc(20, 7));
  appendFileSync(join(dir, "00000.records"), Buffer.alloc(8, 3));
  const store = open(dir);
  expect(store.read(key(7))).toBeNull();
  expect(found(store, 2)).toEqual([true, true]);
  store.close();
});

test("records and keys of another length are refused", () => {
  const store = open(fresh());
  expect(() => store.append(key(1), new Uint8Array(7))).toThrowCode("ERR_INVALID_OPTION", /\b8\b/, /\b7\b/);
  expect(() => store.append(new Uint8Array(15), record(1))).toThrowCode("ERR_INVALID_OPTION", 16, 15);
  expect(() => store.read(new Uint8Array(17))).toThrowCode("ERR_INVALID_OPTION", 16, 17);
  store.close();
});

test("a folder of other records is refused", () => {
  const dir = filled(1);
  expect(() => open(dir, { of: "others" })).toThrowCode("ERR_CACHE", join(dir, "about.json"));
  writeFileSync(join(dir, "about.json"), "{");
  expect(() => open(dir)).toThrowCode("ERR_CACHE", join(dir, "about.json"));
});
