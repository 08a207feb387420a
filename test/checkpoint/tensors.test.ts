import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadTensors, saveTensors, writeSafetensors } from "../../src/checkpoint/index.js";
import { type DType, memory, ones, type Tensor, tensor, tidy } from "../../src/torch/index.js";

const folder = mkdtempSync(join(tmpdir(), "tensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

const kinds: [DType, number[]][] = [
  ["float64", [1.5, -2, 1e300]],
  ["float32", [1.5, -2, 0.25]],
  ["float16", [1.5, -2, 0.25]],
  ["bfloat16", [1.5, -2, 0.25]],
  ["int64", [1, -2, 2 ** 40]],
  ["int32", [1, -2, 3]],
  ["int16", [1, -2, 3]],
  ["int8", [1, -2, 3]],
  ["uint8", [1, 2, 255]],
  ["bool", [1, 0, 1]],
];

test.each(kinds)("%s tensors come back as they were", (dtype, values) => {
  const path = join(folder, `${dtype}.safetensors`);
  tidy(() => {
    const value = tensor(values, { dtype, shape: [3, 1] });
    saveTensors(path, new Map([["x", value]]), { note: "kept" });
    const read = loadTensors(path).get("x") as Tensor;
    expect(read.dtype).toBe(dtype);
    expect(read.shape).toEqual([3, 1]);
    expect(read.data()).toEqual(value.data());
  });
});

test("scalars, empty tensors and transposed views", () => {
  const path = join(folder, "shapes.safetensors");
  tidy(() => {
    const view = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]).transpose(0, 1);
    saveTensors(
      path,
      new Map([
        ["view", view],
        ["scalar", tensor(7)],
        ["none", ones([0, 4])],
      ]),
    );
    const read = loadTensors(path);
    expect(read.get("view")?.toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(read.get("scalar")?.item()).toBe(7);
    expect(read.get("none")?.shape).toEqual([0, 4]);
  });
});

test("a file that fails half-way leaves no tensor behind", () => {
  const path = join(folder, "half.safetensors");
  const before = memory().tensors;
  writeSafetensors(
    path,
    new Map([
      ["a", { dtype: "BOOL" as const, shape: [1], bytes: new Uint8Array([1]) }],
      ["b", { dtype: "BOOL" as const, shape: [1], bytes: new Uint8Array([2]) }],
    ]),
  );
  expect(() => loadTensors(path)).toThrowCode("ERR_WEIGHTS_FORMAT", path, 'tensor "b"', "BOOL");
  expect(memory().tensors).toBe(before);
});
