/** Weight files of every kind, as PyTorch and Transformers wrote them, come back value by value; what is none is refused. */

import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadTensors, readWeights, writeSafetensors } from "../../src/checkpoint/index.js";
import { tidy } from "../../src/torch/index.js";
import { referencePython } from "../../tools/setup/paths.mjs";
import { dict, pickle, tensor } from "./pickles.js";
import { storedZip } from "./stored-zip.js";

const samples = join(import.meta.dirname, "samples");
const folder = mkdtempSync(join(tmpdir(), "weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Expected {
  [state: string]: Record<string, { shape: number[]; values: number[] }>;
}

function expectState(path: string, expected: Expected[string]): void {
  tidy(() => {
    const loaded = loadTensors(path);
    expect([...loaded.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { shape, values }] of Object.entries(expected)) {
      const value = loaded.get(key)!;
      expect([key, value.shape]).toEqual([key, shape]);
      expect([key, [...value.to({ dtype: "float64" }).data()]]).toEqual([key, values]);
    }
  });
}

const states: [file: string, state: string][] = [
  ["zip.pth", "plain"],
  ["legacy.pth", "plain"],
  ["training.pth", "plain"],
  ["training_legacy.pth", "plain"],
  ["prefixed.pth", "plain"],
  ["two.pth#teacher", "plain"],
  ["dtypes.pth", "dtypes"],
  ["dtypes_legacy.pth", "dtypes"],
  ["views.pth", "views"],
  ["views_legacy.pth", "views"],
];

function readsAll(from: string): void {
  const expected: Expected = JSON.parse(readFileSync(join(from, "expected.json"), "utf8"));
  for (const [file, state] of states) expectState(join(from, file), expected[state]);
}

describe("files that PyTorch wrote", () => {
  test("the committed samples hold what was put in", () => readsAll(samples));

  test("so do those that the PyTorch of this machine writes", ({ skip }) => {
    const candidates = process.env.PYTHON ? [process.env.PYTHON] : [referencePython, "/usr/bin/python3"];
    const python = candidates.find((each) => spawnSync(each, ["-c", "import torch, numpy"]).status === 0);
    if (python === undefined) skip(`no torch in ${candidates.join(" or ")}`);
    execFileSync(python!, [join(import.meta.dirname, "reference/samples.py"), folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    readsAll(folder);
    expectState(join(folder, "sharded"), loadedAs(join(samples, "sharded")));
  });

  test("every dtype stays what it was", () =>
    tidy(() => {
      const kinds = [...loadTensors(join(samples, "dtypes.pth"))].map(([key, { dtype }]) => `${key} ${dtype}`);
      expect(kinds.join(", ")).toBe(
        "f64 float64, f32 float32, f16 float16, bf16 bfloat16, i64 int64, i32 int32, i16 int16, i8 int8, u8 uint8, bool bool, scalar int64, empty float32",
      );
    }));

  test("a tensor's bytes are read when they are asked for, and no others", () => {
    const file = join(folder, "part.pth");
    const views = { a: tensor({ numel: 3, shape: [2], stride: [1], offset: 1 }) };
    writeFileSync(
      file,
      storedZip({ "x/data.pkl": pickle(dict(views)), "x/data/0": new Float32Array([1, 2, 3]).buffer as never }),
    );
    const stored = readWeights(file).tensors.get("a")!;
    expect([...new Float32Array(stored.bytes.slice().buffer)]).toEqual([2, 3]);
    writeFileSync(file, "gone");
    expect(() => stored.bytes).toThrowCode("ERR_FILE", file);
  });
});

function loadedAs(path: string): Expected[string] {
  return tidy(() =>
    Object.fromEntries(
      [...loadTensors(path)].map(([key, value]) => [
        key,
        { shape: value.shape, values: [...(value.to({ dtype: "float64" }).data() as Float64Array)] },
      ]),
    ),
  );
}

describe("which state dict is taken", () => {
  const describeFile = (file: string) => {
    const { tensors, files, ...rest } = readWeights(join(samples, file));
    return rest;
  };

  test("the model of a training checkpoint; the average by its name; what else the file says is kept as text", () => {
    const facts = describeFile("training.pth");
    expect(facts).toMatchObject({ format: "PyTorch (zip)", nesting: "model", others: ["model_ema"], prefix: "" });
    expect(facts.metadata).toMatchObject({
      epoch: "299",
      "args.model": "deit_tiny_patch16_224",
      max_accuracy: "72.25",
      seen: "1281167",
    });
    expect(describeFile("training_legacy.pth#model_ema")).toMatchObject({ nesting: "model_ema", others: ["model"] });
  });

  test("prefixes that every key has, and mmclassification's nesting", () => {
    expect(describeFile("prefixed.pth")).toMatchObject({ nesting: "model", prefix: "module." });
    expect(describeFile("mmcls.pth")).toMatchObject({ nesting: "state_dict", metadata: { "meta.epoch": "130" } });
  });

  test("two that are equally likely are refused with the ways to say which", () => {
    const file = join(samples, "two.pth");
    expect(() => readWeights(file)).toThrowCode("ERR_STATE_DICT", `${file}#student`, `${file}#teacher`);
    expect(() => readWeights(`${file}#teach`)).toThrowCode("ERR_STATE_DICT", file, /\bteach\b/, "teacher");
    expect(() => readWeights(join(samples, "vit.safetensors#model"))).toThrowCode(
      "ERR_STATE_DICT",
      "vit.safetensors",
      /\bmodel\b/,
    );
  });

  test("a file whose own name has a # is itself", () => {
    const file = join(folder, "run#3.pth");
    cpSync(join(samples, "zip.pth"), file);
    expect(readWeights(file).files).toEqual([file]);
    expect(readWeights(join(samples, "training.pth#model")).nesting).toBe("model");
  });
});

describe("weights in shards", () => {
  test("the index, or the folder that holds it, is one set of weights", () => {
    const { tensors, files, format } = readWeights(join(samples, "sharded"));
    expect([tensors.size, files.length, format]).toEqual([40, 3, "2 shards, safetensors"]);
    expect(tensors.get("vit.embeddings.cls_token")).toMatchObject({ dtype: "BF16", shape: [1, 1, 4] });
    expect(readWeights(join(samples, "sharded/model.safetensors.index.json")).tensors.size).toBe(40);
  });

  test("an index that does not fit its shards, or that looks elsewhere, is refused", () => {
    const index = join(folder, "index.json");
    const write = (map: unknown) => writeFileSync(index, JSON.stringify({ weight_map: map }));
    writeSafetensors(join(folder, "one.safetensors"), new Map());
    write({ a: "one.safetensors" });
    expect(() => readWeights(index)).toThrowCode("ERR_WEIGHTS_FORMAT", index, '"a"', "one.safetensors");
    for (const elsewhere of ["../one.safetensors", "/etc/passwd", "..", "", 3, "a\\b"]) {
      write({ a: elsewhere });
      expect(() => readWeights(index)).toThrowCode("ERR_WEIGHTS_FORMAT", index, "weight_map", '"a"');
    }
    write([]);
    expect(() => readWeights(index)).toThrowCode("ERR_WEIGHTS_FORMAT", index, "weight_map");
    write({ a: "gone.safetensors" });
    expect(() => readWeights(index)).toThrowCode("ERR_FILE", "gone.safetensors");
  });

  test("an index of indexes is refused, however deep", () => {
    writeFileSync(join(folder, "self.json"), JSON.stringify({ weight_map: { a: "self.json" } }));
    expect(() => readWeights(join(folder, "self.json"))).toThrowCode("ERR_WEIGHTS_FORMAT", "self.json");
  });
});

describe("what is no weight file is refused", () => {
  const plain = pickle(dict({ a: tensor({ numel: 1, shape: [1], stride: [1] }) }));
  const storage = new Uint8Array(4);
  const good = { "x/data.pkl": plain, "x/data/0": storage };
  const cases: [string, Uint8Array | string, ...facts: (string | RegExp)[]][] = [
    ["nothing", ""],
    ["a text", "hello", "safetensors", "torch.save"],
    ["a pickle", pickle("N"), "torch.save"],
    ["another zip", storedZip({ "arr_0.npy": "x" }), "torch.save", "arr_0.npy", "data.pkl"],
    ["an empty zip", storedZip({ a: "" }).slice(0, 20)],
    ["a cut zip", storedZip(good).slice(0, -30)],
    ["a packed zip", storedZip(good, { method: 8 }), "x/data.pkl"],
    ["a TorchScript program", storedZip({ ...good, "x/constants.pkl": "" }), "TorchScript", "torch.jit.load"],
    ["big-endian numbers", storedZip({ ...good, "x/byteorder": "big" }), /\bbig\b/],
    ["a missing storage", storedZip({ "x/data.pkl": plain }), '"0"'],
    ["a short storage", storedZip({ ...good, "x/data/0": new Uint8Array(3) }), '"0"', /\b3\b/, /\b1\b.*F32.*\b4\b/],
    ["no weights", storedZip({ "x/data.pkl": pickle("]") }), /\blist\b/],
    [
      "numbers alone",
      storedZip({ "x/data.pkl": pickle(dict({ epoch: pickle("K\x01").slice(2, -1) })) }),
      /\bdict\b.*\b1\b/,
      "epoch",
    ],
  ];
  test.each(cases)("%s", (_, content, ...facts) => {
    const file = join(folder, "bad.pth");
    writeFileSync(file, content);
    expect(() => readWeights(file)).toThrowCode("ERR_WEIGHTS_FORMAT", file, ...facts);
  });

  test("samples of what weights are not", () => {
    expect(() => readWeights(join(samples, "one_tensor.pth"))).toThrowCode("ERR_WEIGHTS_FORMAT", "one_tensor.pth", /\btensor\b/);
    expect(() => readWeights(join(samples, "expected.json"))).toThrowCode("ERR_WEIGHTS_FORMAT", "expected.json", "weight_map");
  });

  test("a path that leads nowhere, or to a folder without weights", () => {
    expect(() => readWeights(join(folder, "gone.pth"))).toThrowCode("ERR_FILE", "gone.pth");
    mkdirSync(join(folder, "empty"));
    expect(() => readWeights(join(folder, "empty"))).toThrowCode(
      "ERR_WEIGHTS_FORMAT",
      join(folder, "empty"),
      "model.safetensors",
      "pytorch_model.bin",
    );
  });
});

describe("zips beyond the ordinary", () => {
  test("sizes and places in 64-bit fields", () => {
    const file = join(folder, "wide.pth");
    const state = pickle(dict({ a: tensor({ numel: 1, shape: [], stride: [] }) }));
    writeFileSync(
      file,
      storedZip({ "x/data.pkl": state, "x/data/0": new Uint8Array(new Float32Array([2.5]).buffer) }, { zip64: true }),
    );
    expectState(file, { a: { shape: [], values: [2.5] } });
  });

  const bomb = (view: Parameters<typeof tensor>[0], size = 4 * view.numel) =>
    storedZip({ "x/data.pkl": pickle(dict({ a: tensor(view) })), "x/data/0": new Uint8Array(size) });
  test.each<[string, Uint8Array, ...facts: (number | RegExp)[]]>([
    ["one element repeated", bomb({ numel: 1, shape: [1000, 1000], stride: [0, 0] }), 4_000_000],
    ["beyond its storage", bomb({ numel: 4, shape: [3, 2], stride: [2, 1] }), /\b3,2\b.*\b6\b.*\b4\b/],
    ["an offset beyond", bomb({ numel: 4, offset: 4, shape: [1], stride: [1] }), /\b1\b.*\b5\b.*\b4\b/],
    ["a negative stride", bomb({ numel: 4, shape: [2], stride: [-1] })],
    ["a stride too few", bomb({ numel: 4, shape: [2, 2], stride: [1] })],
    ["an absurd shape", bomb({ numel: 1, shape: Array(9).fill(2 ** 30), stride: Array(9).fill(0) }), 2 ** 30],
  ])("%s is refused", (_, content, ...facts) => {
    const file = join(folder, "bomb.pth");
    writeFileSync(file, content);
    expect(() => readWeights(file)).toThrowCode("ERR_WEIGHTS_FORMAT", file, ...facts);
  });
});
