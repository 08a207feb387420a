import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseSafetensors, readSafetensors, type StoredTensor, writeSafetensors } from "../../src/checkpoint/safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file from a header as text (or a value) and its data. */
function file(header: unknown, data: number[] | Uint8Array = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const u8 = (shape: unknown, offsets: unknown) => ({ dtype: "U8", shape, data_offsets: offsets });
const bytes = (...values: number[]) => new Uint8Array(values);

describe("what a file may hold", () => {
  test("a tensor's bytes are a view on the file's", () => {
    const whole = file({ a: u8([2], [0, 2]), b: u8([], [2, 3]) }, [7, 8, 9]);
    const { tensors } = parseSafetensors(whole);
    expect([...tensors.keys()]).toEqual(["a", "b"]);
    expect([...(tensors.get("a") as StoredTensor).bytes]).toEqual([7, 8]);
    expect(tensors.get("a")?.bytes.buffer).toBe(whole.buffer);
    expect(tensors.get("b")?.shape).toEqual([]);
  });

  test.each(["F64 8", "F32 4", "F16 2", "BF16 2", "I64 8", "I32 4", "I16 2", "I8 1", "U8 1", "BOOL 1"])(
    "%s bytes an item",
    (row) => {
      const [dtype, size] = row.split(" ");
      const data = new Uint8Array(3 * Number(size));
      expect(
        parseSafetensors(file({ x: { dtype, shape: [3], data_offsets: [0, data.length] } }, data)).tensors.get("x")?.bytes.length,
      ).toBe(data.length);
    },
  );

  test("no tensors, empty tensors, any order, names of any kind, padding, metadata", () => {
    expect(parseSafetensors(file("{}")).tensors.size).toBe(0);
    const odd = `{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"__proto__":{"shape":[0,9007199254740991],"data_offsets":[1,1],"dtype":"U8"},"é\\"\\u0000":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"format":"pt"}}   `;
    const { tensors, metadata } = parseSafetensors(file(odd, [1, 2]));
    expect([...tensors.keys()]).toEqual(["b", "__proto__", 'é"\0']);
    expect(metadata).toEqual({ format: "pt" });
  });
});

describe("each fault is told in one line that names the file and the tensor", () => {
  const long = new Uint8Array(16);
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);
  const zip = new Uint8Array([0x50, 0x4b, 3, 4, 9, 9, 9, 9, 9, 9]);
  const faults: [string, Uint8Array, ...facts: (string | number | RegExp)[]][] = [
    ["empty", bytes(), /\b0\b/],
    ["seven bytes", bytes(1, 0, 0, 0, 0, 0, 0), /\b7\b/],
    ["a huge header", long, 100000001, /\b100000000\b/],
    ["a zip", zip, /\bzip\b/, ".pth"],
    ["a header cut off", file({ a: u8([2], [0, 2]) }).subarray(0, 20), /\b12\b/],
    ["no header", file(""), "{"],
    ["a list", file("[]"), "{"],
    ["a byte order mark", file("\ufeff{}"), "{"],
    ["not UTF-8", file("{}").fill(0xff, 9), "UTF-8"],
    ["not JSON", file("{nope}"), "JSON"],
    ["text after the header", file("{} x"), "JSON"],
    ["NaN", file('{"a":NaN}'), "JSON"],
    [
      "a tensor given twice",
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      'tensor "a"',
    ],
    ["a field given twice", file('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), 'tensor "a"', '"dtype"'],
    ["deep nesting", file(`{"a":${"[".repeat(100_000)}`)],
    ["an entry that is no object", file({ a: [1] }), 'tensor "a"'],
    ["null for an entry", file({ a: null }), 'tensor "a"'],
    ["no dtype", file({ a: { shape: [0], data_offsets: [0, 0] } }), 'tensor "a"', "dtype"],
    ["an unknown dtype", file({ a: { dtype: "F33", shape: [0], data_offsets: [0, 0] } }), 'tensor "a"', '"F33"'],
    [
      "a dtype by a name every object has",
      file({ a: { dtype: "constructor", shape: [0], data_offsets: [0, 0] } }),
      'tensor "a"',
      '"constructor"',
    ],
    ...["U16", "U32", "U64", "F8_E4M3", "F8_E5M2"].map((dtype): [string, Uint8Array, string, string] => [
      `dtype ${dtype}`,
      file({ a: { dtype, shape: [0], data_offsets: [0, 0] } }),
      'tensor "a"',
      dtype,
    ]),
    ["an unknown field", file({ a: { ...u8([0], [0, 0]), stride: [1] } }), 'tensor "a"', '"stride"'],
    ["no shape", file({ a: { dtype: "U8", data_offsets: [0, 0] } }), 'tensor "a"', /\bshape\b/],
    ["a shape of words", file({ a: u8(["2"], [0, 2]) }, [1, 2]), 'tensor "a"', /\bshape\b/],
    ["a negative size", file({ a: u8([-1], [0, 1]) }, [1]), 'tensor "a"', "-1"],
    ["a broken size", file({ a: u8([1.5], [0, 1]) }, [1]), 'tensor "a"', "1.5"],
    ["a size with a point", file('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', [1]), 'tensor "a"', "1.0"],
    ["a size with an exponent", file('{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', [1]), 'tensor "a"', "1e0"],
    [
      "a huge size",
      file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', [1]),
      'tensor "a"',
      "9007199254740993",
    ],
    [
      "sizes whose product is huge",
      file({ a: u8([4294967296, 4294967296], [0, 1]) }, [1]),
      'tensor "a"',
      "[4294967296,4294967296]",
    ],
    ["one offset", file({ a: u8([1], [0]) }, [1]), 'tensor "a"', "data_offsets"],
    ["offsets backwards", file({ a: u8([1], [1, 0]) }, [1]), 'tensor "a"', "data_offsets", /\b1\b.*\b0\b/],
    [
      "offsets that do not fit the shape",
      file({ a: u8([3], [0, 2]) }, [1, 2]),
      'tensor "a"',
      "data_offsets",
      /\b2\b.*\[3\].*U8.*\b3\b/,
    ],
    ["an overlap", file({ a: u8([2], [0, 2]), b: u8([2], [1, 3]) }, [1, 2, 3]), 'tensor "b"', /\b1\b.*\b2\b/],
    ["a gap", file({ a: u8([1], [0, 1]), b: u8([1], [2, 3]) }, [1, 2, 3]), 'tensor "b"', /\b1\b/],
    ["a gap at the start", file({ a: u8([1], [1, 2]) }, [1, 2]), 'tensor "a"', /\b1\b/],
    ["data cut off", file({ a: u8([3], [0, 3]) }, [1, 2]), 'tensor "a"', /\b3\b.*\b2\b/],
    ["data left over", file({ a: u8([1], [0, 1]) }, [1, 2]), /\b1\b/],
    ["metadata that is no object", file({ __metadata__: ["x"] }), "__metadata__"],
    ["metadata that is no string", file({ __metadata__: { epoch: true } }), "__metadata__", '"epoch"'],
  ];

  test.each(faults)("%s", (_, content, ...facts) => {
    const line = /^x\.safetensors: [^\n]{1,400}$/;
    expect(() => parseSafetensors(content, "x.safetensors")).toThrowCode("ERR_WEIGHTS_FORMAT", line, ...facts);
  });

  test("a missing file, a folder, a path through a file", () => {
    const plain = join(folder, "plain");
    writeFileSync(plain, "");
    for (const [path, code] of [[join(folder, "none"), "ENOENT"], [folder, "EISDIR"], [join(plain, "x"), "ENOTDIR"]]) {
      expect(() => readSafetensors(path)).toThrowCode("ERR_FILE", path);
      expect(() => readSafetensors(path)).toThrow(expect.objectContaining({ cause: expect.objectContaining({ code }) }));
    } // biome-ignore format: pairs
    expect(() => readSafetensors(plain)).toThrowCode("ERR_WEIGHTS_FORMAT", plain, /\b0\b/);
  });
});

describe("writing", () => {
  const tensors = new Map<string, StoredTensor>([
    ["b", { dtype: "U8", shape: [3], bytes: bytes(1, 2, 3) }],
    ["wide", { dtype: "F32", shape: [2], bytes: new Uint8Array(new Float32Array([1.5, -2]).buffer) }],
    ["a", { dtype: "BOOL", shape: [1], bytes: bytes(1) }],
    ["none", { dtype: "I64", shape: [0, 4], bytes: bytes() }],
  ]);

  test("reads back, widest first, aligned, the same file whatever the order of the map", () => {
    const path = join(folder, "out.safetensors");
    writeSafetensors(path, tensors, { note: "x" });
    const written = readFileSync(path);
    expect(Number(written.readBigUInt64LE(0)) % 8).toBe(0);
    const { tensors: read, metadata } = readSafetensors(path);
    expect([...read.keys()]).toEqual(["none", "wide", "a", "b"]);
    expect(metadata).toEqual({ note: "x" });
    for (const [name, { dtype, shape, bytes }] of tensors) expect({ ...read.get(name) }).toEqual({ dtype, shape, bytes });
    writeSafetensors(path, new Map([...tensors].reverse()), { note: "x" });
    expect(readFileSync(path).equals(written)).toBe(true);
  });

  test("a failed write leaves the old file and no litter", () => {
    const path = join(folder, "kept.safetensors");
    writeSafetensors(path, tensors);
    const before = createHash("sha256").update(readFileSync(path)).digest("hex");
    expect(() => writeSafetensors(path, new Map([["bad", { dtype: "F32", shape: [2], bytes: bytes(1) }]]))).toThrowCode(
      "ERR_WEIGHTS_FORMAT",
      'tensor "bad"',
      /\b1\b.*\[2\].*F32.*\b8\b/,
    );
    expect(() => writeSafetensors(path, new Map([["__metadata__", { dtype: "U8", shape: [0], bytes: bytes() }]]))).toThrowCode(
      "ERR_WEIGHTS_FORMAT",
      path,
      "__metadata__",
    );
    expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(before);
    expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
    expect(() => writeSafetensors(join(path, "x"), tensors)).toThrowCode("ERR_FILE", join(path, "x"));
  });

  test("bytes are read when they are asked for, from the file whose header was read", () => {
    const path = join(folder, "lazy.safetensors");
    writeSafetensors(path, tensors);
    const { tensors: read } = readSafetensors(path);
    truncateSync(path, 40);
    expect(() => read.get("b")?.bytes).toThrowCode("ERR_FILE", path);
  });
});

test("10,000 damaged files are refused, or end in tensors that lie inside the file", () => {
  const header = JSON.stringify({
    __metadata__: { a: "b" },
    x: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
    y: u8([3], [8, 11]),
  });
  const whole = file(header, new Uint8Array(11));
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pieces = [
    "9",
    "-",
    ".",
    "e",
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    ",",
    ":",
    "0",
    "\ufeff",
    "null",
    "1e999",
    '"x":',
    "\\ud800",
  ].map((text) => Buffer.from(text));
  const mutations: ((file: Buffer) => Buffer)[] = [
    (b) => ((b[random(b.length)] = random(256)), b),
    (b) => ((b[8 + random(b.length - 8)] ^= 1 << random(8)), b),
    (b) => b.subarray(0, random(b.length)),
    (b) => {
      const at = 8 + random(b.length - 8);
      return Buffer.concat([b.subarray(0, at), pieces[random(pieces.length)], b.subarray(at)]);
    },
    (b) => {
      const at = 8 + random(b.length - 8);
      return Buffer.concat([b.subarray(0, at), b.subarray(at + 1 + random(4))]);
    },
    (b) => (b.writeBigUInt64LE(BigInt(Math.max(0, header.length + random(5) - 2)), 0), b),
  ];
  let read = 0;
  for (let round = 0; round < 10_000; round++) {
    let damaged: Buffer = Buffer.from(whole);
    for (let n = 1 + random(3); n > 0 && damaged.length > 8; n--) damaged = mutations[random(mutations.length)](damaged);
    try {
      const { tensors } = parseSafetensors(damaged, "fuzz");
      for (const { bytes } of tensors.values()) expect(bytes.length).toBeLessThanOrEqual(damaged.length);
      read++;
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      if (code !== "ERR_WEIGHTS_FORMAT" || /\n/.test(message)) throw error;
    }
  }
  expect(read).toBeGreaterThan(100); // damage in the data alone is no fault
});
