/** A pickle that would run code is refused by name, in both formats, and runs nothing. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readWeights } from "../../src/checkpoint/index.js";
import { memory } from "../../src/torch/index.js";
import { bytes, call, dict, global, legacy, pickle, text } from "./pickles.js";
import { storedZip } from "./stored-zip.js";

const folder = mkdtempSync(join(tmpdir(), "hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const marker = join(folder, "it-ran");
const touch = text(`touch ${marker}`);
const python = text(`open(${JSON.stringify(marker)}, "w")`);
const stackGlobal = (module: string, name: string) => bytes(text(module), text(name), "\x93");

const attacks: [name: string, object: Uint8Array][] = [
  ["os.system", call(global("os", "system"), touch)],
  ["posix.system", call(global("posix", "system"), touch)],
  ["builtins.eval", call(global("builtins", "eval"), python)],
  ["builtins.exec", call(global("__builtin__", "exec"), python)],
  ["subprocess.Popen", call(stackGlobal("subprocess", "Popen"), touch)],
  ["builtins.getattr", call(call(global("builtins", "getattr"), global("os", "system"), text("__call__")), touch)],
  [
    "os.system",
    dict({ model: dict({ weight: call(global("torch._utils", "_rebuild_parameter"), call(global("os", "system"), touch)) }) }),
  ],
  ["torch.storage._load_from_bytes", call(global("torch.storage", "_load_from_bytes"), text("x"))],
  ["torch._utils._rebuild_from_type_v2", call(global("torch._utils", "_rebuild_from_type_v2"), global("os", "system"))],
  ["evil.State", bytes(global("evil", "State"), ")\x81", "}", text("__setstate__"), text("x"), "sb")],
  ["functools.partial", bytes(global("functools", "partial"), ")\x81")],
  ["torch.nn.modules.linear.Linear", bytes(global("torch.nn.modules.linear", "Linear"), ")\x81}b")],
  ["collections.OrderedDict.__init__", call(global("collections", "OrderedDict.__init__"))],
  ["os.system", bytes("(", global("os", "system"), "t")],
];

const disguises: [string, (object: Uint8Array) => Uint8Array][] = [
  ["zip", (object) => storedZip({ "archive/data.pkl": pickle(object) })],
  ["legacy", (object) => legacy(pickle(object))],
  ["legacy, in the keys", (object) => legacy(pickle("}"), pickle(object))],
];

describe.each(disguises)("in a file of the kind %s", (_, disguise) => {
  test.each(attacks)("%s is refused by its name", (name, object) => {
    const file = join(folder, "attack.pth");
    writeFileSync(file, disguise(object));
    expect(() => readWeights(file)).toThrowCode("ERR_UNSAFE_PICKLE", file, name);
    expect(existsSync(marker)).toBe(false);
  });
});

/** Names that are on the list, put to another use. */
const misuses: [string, Uint8Array, code: string, fact?: string | RegExp][] = [
  ["a type that is called", call(global("torch", "FloatStorage"), text("x")), "ERR_UNSAFE_PICKLE", "torch.FloatStorage"],
  ["a text that is called", call(text("os.system"), touch), "ERR_UNSAFE_PICKLE"],
  ["a dict that is called", call(bytes("}"), touch), "ERR_UNSAFE_PICKLE"],
  ["state for a list", bytes("]", "}b"), "ERR_WEIGHTS_FORMAT"],
  ["an item for a text", bytes(text("x"), text("k"), "Ks", "s"), "ERR_WEIGHTS_FORMAT"],
  ["bytes of a dict", call(global("_codecs", "encode"), bytes("}")), "ERR_WEIGHTS_FORMAT"],
  ["a tensor without a storage", call(global("torch._utils", "_rebuild_tensor_v2"), bytes("N")), "ERR_WEIGHTS_FORMAT"],
  ["a storage id that is none", bytes(text("storage"), "Q"), "ERR_WEIGHTS_FORMAT", "PyTorch"],
  ["an unknown instruction", bytes("P0\n"), "ERR_WEIGHTS_FORMAT", /\b80\b/],
  ["a recall of nothing", bytes("h\x07"), "ERR_WEIGHTS_FORMAT", /\b7\b/],
  ["an extension code", bytes("\x82\x01"), "ERR_WEIGHTS_FORMAT", /\b130\b/],
];

test.each(misuses)("%s is refused", (_, object, code, fact = "misuse.pth") => {
  const file = join(folder, "misuse.pth");
  writeFileSync(file, storedZip({ "archive/data.pkl": pickle(object) }));
  expect(() => readWeights(file)).toThrowCode(code, file, fact);
});

/** Small files that would grow, were they believed. */
const bombs: [string, Uint8Array][] = [
  ["lists in lists, doubled thirty times", pickle("]", ...Array(30).fill("q\x00(h\x00h\x00t"))],
  ["millions of empty lists", pickle("(", "]".repeat(3_000_000), "t")],
  ["a list a hundred thousand deep", pickle("]".repeat(100_000), "a".repeat(99_999))],
  ["a dict that holds itself", pickle("}q\x00", text("a"), "h\x00s")],
  ["a name made of nested lists", pickle("]".repeat(50_000), "a".repeat(49_999), text("x"), "\x93")],
  ["a text of 4 GB", pickle("X\xff\xff\xff\xff")],
  ["a number of 2 GB", pickle("\x8b\xff\xff\xff\x7f")],
  ["a name without an end", pickle("c", "a".repeat(100_000))],
  ["a device made of itself", pickle("]q\x00h\x00a", "0".replace("0", ""), call(global("torch", "device"), bytes("h\x00")))],
];

test.each(bombs)("%s: refused at once, in little memory", (_, content) => {
  const before = process.memoryUsage().rss;
  const began = performance.now();
  for (const file of [storedZip({ "archive/data.pkl": content }), legacy(content)]) {
    const path = join(folder, "bomb.pth");
    writeFileSync(path, file);
    expect(() => readWeights(path)).toThrowCode("ERR_WEIGHTS_FORMAT", path);
  }
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(1.5e9);
});

test("no tensor is left behind", () => expect(memory().tensors).toBe(0));
