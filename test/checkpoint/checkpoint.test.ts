/** A checkpoint comes back as it was, and one that is not as it was written is known to be damaged, wherever the damage is. */
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkpointFault, loadCheckpoint, removeCheckpoint, saveCheckpoint } from "../../src/checkpoint/index.js";
import { Rng } from "../../src/data/index.js";
import { memory, ones, tensor, tidy } from "../../src/torch/index.js";

const folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
afterAll(() => rmSync(folder, { recursive: true }));

const save = (name: string): { json: string; tensors: string } => {
  const json = join(folder, `${name}.json`);
  tidy(() => {
    const groups = {
      student: new Map([["head/odd.weight", ones([2, 3])]]),
      ema: new Map(),
      optimizer: new Map([["head/odd.weight", tensor([3, 4])]]),
      random: new Map([["default", ones([16], { dtype: "uint8" })]]),
    };
    saveCheckpoint(json, groups, { step: 12, lr: 0.1 + 0.2, names: ["ä", "b"], none: null });
  });
  return { json, tensors: join(folder, `${name}.safetensors`) };
};

test("groups and state come back as they were", () => {
  const { json } = save("whole");
  expect(checkpointFault(json)).toBeNull();
  tidy(() => {
    const { groups, state } = loadCheckpoint(json);
    expect(state).toEqual({ step: 12, lr: 0.1 + 0.2, names: ["ä", "b"], none: null });
    expect(Object.keys(groups)).toEqual(["student", "ema", "optimizer", "random"]);
    expect(groups.optimizer.get("head/odd.weight")?.toArray()).toEqual([3, 4]);
    expect(groups.ema.size).toBe(0);
  });
});

test("it is written anew under its name, and removed with its tensors", () => {
  const { json, tensors } = save("again");
  save("again");
  expect(checkpointFault(json)).toBeNull();
  removeCheckpoint(json);
  expect([json, tensors].filter(existsSync)).toEqual([]);
});

describe("damage", () => {
  let files: { json: string; tensors: string };
  let whole: { json: Buffer; tensors: Buffer };
  beforeAll(() => {
    files = save("damaged");
    whole = { json: readFileSync(files.json), tensors: readFileSync(files.tensors) };
  });
  const damaged = (which: "json" | "tensors", bytes: Uint8Array): string | null => {
    writeFileSync(files[which], bytes);
    const fault = checkpointFault(files.json);
    writeFileSync(files[which], whole[which]);
    return fault;
  };
  const flipped = (bytes: Buffer, at: number, bit: number): Buffer => {
    const other = Buffer.from(bytes);
    other[at] ^= 1 << bit;
    return other;
  };

  test.each(["json", "tensors"] as const)("a bit flipped in any byte of the %s", (which) => {
    const rng = Rng.from(5);
    const unseen = [...whole[which].keys()].filter((at) => damaged(which, flipped(whole[which], at, rng.int(8))) === null);
    expect(unseen).toEqual([]);
    expect(checkpointFault(files.json)).toBeNull();
  });

  test.each(["json", "tensors"] as const)("the %s cut anywhere, or with a tail", (which) => {
    const bytes = whole[which];
    const unseen = [...bytes.keys()].filter((length) => damaged(which, bytes.subarray(0, length)) === null);
    expect(unseen).toEqual([]);
    expect(damaged(which, Buffer.concat([bytes, Buffer.from(" ")]))).not.toBeNull();
    expect(damaged(which, Buffer.concat([bytes, bytes]))).not.toBeNull();
  });

  test("the file at fault is named, and nothing is loaded", () => {
    const before = memory().tensors;
    truncateSync(files.tensors, 100);
    const size = whole.tensors.length;
    expect(() => loadCheckpoint(files.json)).toThrowCode("ERR_CHECKPOINT", files.json, "damaged.safetensors", /\b100\b/, size);
    expect(damaged("tensors", flipped(whole.tensors, 0, 0))).toContain("damaged.safetensors");
    expect(damaged("json", Buffer.from("not JSON"))).toContain("damaged.json");
    rmSync(files.tensors);
    expect(checkpointFault(files.json)).toContain("damaged.safetensors");
    writeFileSync(files.tensors, whole.tensors);
    expect(memory().tensors).toBe(before);
  });

  test("another checkpoint's tensors, and other JSON that vouches for itself", () => {
    const other = save("other");
    writeFileSync(other.tensors, flipped(whole.tensors, whole.tensors.length - 1, 3));
    expect(checkpointFault(other.json)).toContain("other.safetensors");
    writeFileSync(other.json, "{}");
    expect(checkpointFault(other.json)).toContain("other.json");
  });
});
