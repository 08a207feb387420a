/** Teachers from ONNX and TorchScript files against the native model of the same weights, and what is refused. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesRead } from "../../src/checkpoint/index.js";
import { type ForeignOptions, fileFacts, formatOf, type Model, onnxTeacher, torchScriptTeacher } from "../../src/models/index.js";
import { autocast, inferenceMode, memory, type Tensor, tidy } from "../../src/torch/index.js";
import { UserError } from "../../src/user-error.js";
import { devices } from "../support/devices.js";
import { file, native } from "../support/foreign-vit.js";
import { wave } from "../support/wave.js";

const expected = JSON.parse(readFileSync(file("expected.json"), "utf8"));
const input = { size: 16, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const quiet = { input, note: () => {} };

const pictures = (count = 5): Tensor => wave([5, 3, 16, 16], 0.3).slice({ end: count });
const worst = (a: Tensor, b: Tensor): number => a.to({ device: "cpu" }).sub(b).abs().amax().item();

let ours: Model;
beforeAll(() => {
  ours = native();
});
afterAll(() => ours.dispose());

const make = (name: string, options: ForeignOptions) =>
  (name.endsWith(".onnx") ? onnxTeacher : torchScriptTeacher)(file(name), { ...quiet, ...options });

test("the reference saw what the native model sees", () =>
  tidy(() => {
    const { logits } = ours.forward(pictures());
    expect(
      Math.max(...(logits.data() as Float32Array).map((value, i) => Math.abs(value - expected.logits.flat()[i]))),
    ).toBeLessThan(2e-6);
  }));

/** The same network in every way that its taps can be asked for. */
const ways: [string, ForeignOptions][] = [
  ["vit.onnx", { taps: { "blocks.0": "hidden_0", "blocks.1": { output: "hidden_1", grid: [4, 4], prefixTokens: 1 } } }],
  ["vit-logits.onnx", { taps: { "blocks.0": "/blocks.0/Add_1_output_0", "blocks.1": "/blocks.1/Add_1_output_0" } }],
  ["vit-of-3.onnx", { taps: { "blocks.0": "hidden_0", "blocks.1": "hidden_1" } }],
  ["vit-traced.pt", { taps: { "blocks.0": "2.0", "blocks.1": "2.1" } }],
  ["vit-traced.pt", { taps: ["blocks.0", "blocks.1"] }],
  ["vit-dict.pt", { taps: ["blocks.0", "blocks.1"], logits: "logits" }],
  ["vit-traced-one.pt", { taps: ["blocks.0", "blocks.1"] }],
];

describe.each(ways)("%s with taps %j", (name, options) => {
  let teacher: Model;
  beforeAll(() => {
    teacher = make(name, options);
  });
  afterAll(() => teacher.dispose());

  test.each(devices)("answers on %s as the native model, taps included, one picture and more than it takes at once", (device) => {
    teacher.to({ device });
    for (const count of [1, 3, 5])
      tidy(() => {
        const asked = { taps: ["blocks.1", "blocks.0"] };
        const theirs = teacher.forward(pictures(count).to({ device }), asked);
        const own = ours.forward(pictures(count), asked);
        expect(theirs.logits.shape).toEqual([count, 5]);
        expect([theirs.logits, ...theirs.taps].map((x) => x.device)).toEqual([device, device, device]);
        expect(worst(theirs.logits, own.logits)).toBeLessThan(1e-5);
        for (const [i, tap] of own.taps.entries()) expect(worst(theirs.taps[i], tap)).toBeLessThan(1e-5);
      });
  });

  test("knows what a native model knows", () => {
    const { numClasses, prefixTokens, layers, taps, input, heads } = teacher.info;
    expect({ numClasses, prefixTokens, layers, taps, heads }).toEqual({
      numClasses: 5,
      prefixTokens: 1,
      layers: ["blocks.0", "blocks.1"],
      taps: { "blocks.0": { grid: [4, 4], width: 8 }, "blocks.1": { grid: [4, 4], width: 8 } },
      heads: ["class"],
    });
    expect(input).toMatchObject({ size: 16, channels: 3, mean: [0.5, 0.5, 0.5] });
    expect(teacher.parameterCount()).toBeGreaterThan(1900);
    expect(teacher.parameters()).toEqual([]);
    expect(filesRead()).toContain(file(name));
  });
});

test("a map is a tap too, channels first or last, as tokens without a prefix", () => {
  using first = make("vit.onnx", { taps: ["map"] });
  using last = make("vit-dict.pt", { taps: { map: { output: "last", layout: "channelsLast" } }, logits: "logits" });
  tidy(() => {
    const maps = [first, last].map((teacher) => teacher.forward(pictures(), { taps: ["map"] }).taps[0]);
    expect(maps.map(({ shape }) => shape)).toEqual([
      [5, 16, 8],
      [5, 16, 8],
    ]);
    expect(worst(maps[0], maps[1])).toBeLessThan(1e-6);
    expect(maps[0].abs().mean().item()).toBeCloseTo(expected.mean.map, 5);
  });
});

test("taps of unequal prefixes keep what they share", () => {
  using teacher = make("vit.onnx", { taps: ["map", "hidden_0"] });
  tidy(() => {
    const own = ours.forward(pictures(), { taps: ["blocks.0"] }).taps[0].slice({ dim: 1, start: 1 });
    expect(teacher.info.prefixTokens).toBe(0);
    expect(worst(teacher.forward(pictures(), { taps: ["hidden_0"] }).taps[0], own)).toBeLessThan(2e-6);
  });
});

test("a submodule's result is as it was when it was returned, whatever the program does to it afterwards", () => {
  using teacher = make("vit-in-place.pt", { taps: ["blocks.0", "blocks.1"] });
  tidy(() => {
    const { logits, taps } = teacher.forward(pictures(), { taps: teacher.info.layers });
    const means = taps.map((tap) => tap.abs().mean().item());
    for (const [i, mean] of means.entries()) expect(mean).toBeCloseTo(expected["in place"].mean[i], 5);
    expect(Math.abs((logits.data()[7] as number) - expected["in place"].logits[7])).toBeLessThan(2e-6);
  });
});

test("float16 goes in and float32 comes out", () => {
  using teacher = make("vit-half.onnx", {});
  tidy(() => {
    const { logits } = teacher.forward(pictures());
    expect(logits.dtype).toBe("float32");
    expect(worst(logits, ours.forward(pictures()).logits)).toBeLessThan(5e-3);
  });
});

test.each(["vit.onnx", "vit-traced.pt"])("%s: under autocast and in inference mode, and never with a gradient", (name) => {
  using teacher = make(name, {});
  tidy(() => {
    const exact = teacher.forward(pictures().requiresGrad_()).logits;
    expect(exact.requiresGrad).toBe(false);
    expect(
      worst(
        inferenceMode(() => teacher.forward(pictures()).logits),
        exact,
      ),
    ).toBeLessThan(1e-6);
    const narrow = autocast({ dtype: "bfloat16" }, () => teacher.forward(pictures()).logits);
    expect(narrow.dtype).toBe("float32");
    expect(worst(narrow, exact)).toBeLessThan(0.1);
  });
});

test("what its file does not say is assumed aloud", () => {
  const heard: string[] = [];
  using _ = make("vit.onnx", { input: {}, note: (words) => heard.push(words) });
  using __ = make("vit-traced-one.pt", { note: (words) => heard.push(words) });
  expect(heard).toEqual([
    "its file does not say in which colours it sees; taken for mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
    "it takes one picture at a time, and is run so",
  ]);
});

test("what a script holds is counted, and freed with it", () => {
  const before = memory();
  const teacher = make("vit-traced.pt", {});
  expect(memory().bytes - before.bytes).toBeGreaterThanOrEqual(4 * teacher.parameterCount());
  tidy(() => void teacher.forward(pictures()));
  teacher.dispose();
  expect(memory()).toEqual(before);
  tidy(() => void expect(() => teacher.forward(pictures())).toThrowCode("ERR_IMPORTED_MODEL", "vit-traced.pt"));
});

test("after its end an ONNX teacher says so instead of waiting", () => {
  const teacher = make("vit.onnx", {});
  teacher.dispose();
  teacher.dispose();
  tidy(() => void expect(() => teacher.forward(pictures())).toThrowCode("ERR_IMPORTED_MODEL", "vit.onnx"));
});

test("its fingerprint tells files apart, and what is taken from them", () => {
  const prints = [["vit-traced.pt", {}], ["vit-dict.pt", {}], ["vit-traced.pt", { taps: { a: "2.0" } }], ["vit-traced.pt", { taps: { a: "2.1" } }]] as const; // biome-ignore format: one row
  const seen = prints.map(([name, options]) => {
    using teacher = make(name, options);
    return teacher.fingerprint();
  });
  expect(new Set(seen).size).toBe(4);
  using again = make("vit-traced.pt", {});
  expect(again.fingerprint()).toBe(seen[0]);
});

test("a file's facts", () => {
  expect(formatOf(file("vit.onnx"))).toBe("onnx");
  expect(formatOf(file("vit-dict.pt"))).toBe("torchscript");
  expect(formatOf(join(import.meta.dirname, "../checkpoint/samples/zip.pth"))).toBeNull();
  const { inputs, outputs, inner, parameterCount } = fileFacts(file("vit-logits.onnx"), "onnx");
  expect(inputs).toEqual([{ name: "images", dtype: "float32", shape: [null, 3, 16, 16] }]);
  expect(outputs).toEqual([{ name: "logits", dtype: "float32", shape: [null, 5] }]);
  expect(inner).toContainEqual({ name: "/blocks.1/Add_1_output_0", operator: "Add" });
  expect(parameterCount).toBeGreaterThan(1900);
  const script = fileFacts(file("vit-dict.pt"), "torchscript");
  expect(script.schema).toMatch(/Tensor images\) -> Dict\(str, Tensor\)/);
  expect(script.inner).toContainEqual({ name: "blocks.1.mlp.fc2" });
  expect(script.parameterCount).toBe(ours.parameterCount());
});

type Fact = string | number | RegExp;
const refused: [what: string, file: string, ForeignOptions, code: string, ...Fact[]][] = [
  [
    "a tensor that is not there",
    "vit.onnx",
    { taps: ["hidden_2"] },
    "ERR_UNKNOWN_TAP",
    "vit.onnx",
    '"hidden_2"',
    /"hidden_[01]"/,
  ],
  ["a submodule that is not there", "vit-traced.pt", { taps: ["blocks.7"] }, "ERR_UNKNOWN_TAP", '"blocks.7"', /"blocks\.[01]"/],
  ["a tap that is no tokens", "vit-traced.pt", { taps: { a: "0" } }, "ERR_PATCH_GRID", '"a" (0)', "[B, 5]", "[B, P + N, D]"],
  [
    "another grid",
    "vit-traced.pt",
    { taps: { a: { output: "2.0", grid: [5, 5] } } },
    "ERR_PATCH_GRID",
    '"a" (2.0)',
    "[B, 17, 8]",
    "5×5",
  ],
  [
    "another prefix",
    "vit-traced.pt",
    { taps: { a: { output: "2.0", grid: [4, 4], prefixTokens: 2 } } },
    "ERR_PATCH_GRID",
    "4×4",
    /\b2 tokens\b/,
    18,
  ],
  [
    "a map of another grid",
    "vit-traced.pt",
    { taps: { a: { output: "1", grid: [2, 8] } } },
    "ERR_PATCH_GRID",
    '"a" (1)',
    "4×4",
    "2×8",
  ],
  ["a map with a prefix", "vit-traced.pt", { taps: { a: { output: "1", prefixTokens: 1 } } }, "ERR_PATCH_GRID", "[B, 8, 4, 4]"],
  [
    "a map that may be either",
    "vit-dict.pt",
    { taps: ["last"], logits: "logits" },
    "ERR_PATCH_GRID",
    '"last"',
    "[B, 4, 4, 8]",
    "layout",
    '"map"',
    '"channelsLast"',
  ],
  [
    "a layout that is not its",
    "vit-traced.pt",
    { taps: { a: { output: "2.0", layout: "map" } } },
    "ERR_PATCH_GRID",
    "[B, 17, 8]",
    "[B, D, h, w]",
  ],
  ["another size", "vit.onnx", { input: { size: 32 } }, "ERR_INPUT_SHAPE", "3×16×16"],
  ["a size that nobody said", "vit-traced.pt", { input: {} }, "ERR_INPUT_SHAPE", "input: { size: 224 }", "FILE?size=224"],
  ["a size that does not fit", "vit-traced.pt", { input: { size: 24 } }, "ERR_IMPORTED_MODEL", "3×24×24", 37],
  [
    "channels that do not fit",
    "vit-traced.pt",
    { input: { size: 16, channels: 1 } },
    "ERR_IMPORTED_MODEL",
    "1×16×16",
    "groups=1",
  ],
  ["no answers", "vit-traced.pt", { logits: "1" }, "ERR_IMPORTED_MODEL", '"1"', "[3,8,4,4]", "[B, classes]"],
  ["an output that is not there", "vit-traced.pt", { logits: "answers" }, "ERR_IMPORTED_MODEL", '"answers"', "0, 1, 2.0, 2.1"],
  ["two inputs", "vit-two-inputs.onnx", {}, "ERR_IMPORTED_MODEL", 2, "images, mask"],
  ["a program that refuses", "vit-raises.pt", {}, "ERR_IMPORTED_MODEL", "3×16×16", "these pictures are too dark"],
  ["an option that is none", "vit-traced.pt", { tap: [] } as ForeignOptions, "ERR_UNKNOWN_OPTION", '"tap"', '"taps"'],
];

/** One line, without traces and places in the runtimes' own sources. */
const sentence = /^(?!.*(?:Traceback|0x|\.cc|\.cpp)).*$/;

test.each(refused)("%s is refused in a sentence", (_, name, options, code, ...facts) => {
  const taken = () => make(name, options).dispose();
  expect(taken).toThrow(UserError);
  expect(taken).toThrowCode(code, ...facts, sentence);
});

test("more than one answer is no answer, unless it is said which", () => {
  make("vit-dict.pt", {}).dispose(); // one of them is called logits
  using teacher = make("vit-dict.pt", { logits: "features" });
  expect(teacher.info.numClasses).toBe(8);
});

test("pictures of another size are refused as by a native model", () => {
  using teacher = make("vit.onnx", {});
  tidy(() => void expect(() => teacher.forward(wave([1, 3, 8, 8], 0))).toThrowCode("ERR_INPUT_SHAPE", "3×16×16", "3×8×8"));
  tidy(() => void expect(() => teacher.forward(pictures(), { taps: ["blocks.0"] })).toThrowCode("ERR_UNKNOWN_TAP", '"blocks.0"'));
});

test("a file that is not what its name says, and one that is not there", () => {
  expect(() => onnxTeacher(file("vit-dict.pt"))).toThrowCode("ERR_IMPORTED_MODEL", "vit-dict.pt", "ONNX");
  expect(() => torchScriptTeacher(file("vit.onnx"))).toThrowCode("ERR_WEIGHTS_FORMAT", "vit.onnx", "zip");
  expect(() => torchScriptTeacher(join(import.meta.dirname, "../checkpoint/samples/zip.pth"))).toThrowCode(
    "ERR_IMPORTED_MODEL",
    "zip.pth",
    "TorchScript",
    "torch.jit.trace",
    "NAME=FILE",
  );
  for (const teacher of [onnxTeacher, torchScriptTeacher])
    expect(() => teacher("nowhere.pt")).toThrowCode("ERR_FILE", "nowhere.pt");
});
