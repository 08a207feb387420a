/**
 * Ten thousand damaged files of each format: every one ends in a sentence or loads whole, none in a crash, a hang or a
 * mountain of memory. The same code parses a file on disk; memory is only faster.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ByteSource, fileSource, memorySource } from "../../src/checkpoint/byte-source.js";
import { parseWeights } from "../../src/checkpoint/index.js";
import { byteSize } from "../../src/checkpoint/safetensors-header.js";
import { Rng } from "../../src/data/rng.js";
import { fuzzTimes } from "../support/fuzz.js";

/** What a damaged file may be refused for; ERR_FILE where an index names a shard that is not there. */
const foreseen = ["ERR_WEIGHTS_FORMAT", "ERR_UNSAFE_PICKLE", "ERR_STATE_DICT", "ERR_FILE"];

const FILES = 10_000 * fuzzTimes;
const SEED = 20260101;

const samples = join(import.meta.dirname, "samples");

const formats: [format: string, files: string[]][] = [
  ["safetensors", ["vit.safetensors", "sharded/model-00001-of-00002.safetensors"]],
  ["zip pickle", ["training.pth", "views.pth", "prefixed.pth", "protocol4.pth"]],
  ["legacy pickle", ["training_legacy.pth", "views_legacy.pth", "legacy.pth"]],
  ["index of shards", ["sharded/model.safetensors.index.json"]],
];

type Mutation = (file: Uint8Array, below: (limit: number) => number) => Uint8Array;

const telling = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x28, 0x2e, 0x30, 0x52, 0x5d, 0x62, 0x63, 0x7b, 0x7d, 0x93];

const mutations: Record<string, Mutation> = {
  flip(file, below) {
    const copy = Uint8Array.from(file);
    if (copy.length > 0) copy[below(copy.length)] ^= 1 << below(8);
    return copy;
  },
  replace(file, below) {
    const copy = Uint8Array.from(file);
    if (copy.length > 0) copy[below(copy.length)] = telling[below(telling.length)];
    return copy;
  },
  cut: (file, below) => file.slice(0, below(file.length + 1)),
  remove(file, below) {
    const at = below(file.length + 1);
    return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + below(16))]);
  },
  insert(file, below) {
    const at = below(file.length + 1);
    const noise = Uint8Array.from({ length: 1 + below(8) }, () => (below(2) ? telling[below(telling.length)] : below(256)));
    return Buffer.concat([file.subarray(0, at), noise, file.subarray(at)]);
  },
  duplicate(file, below) {
    const at = below(file.length + 1);
    return Buffer.concat([file.subarray(0, at + below(200)), file.subarray(at)]);
  },
};
const kinds = Object.values(mutations);

function mutated(file: Uint8Array, below: (limit: number) => number): Uint8Array {
  let changed = file;
  for (let count = 1 + below(3); count > 0; count--) changed = kinds[below(kinds.length)](changed, below);
  return changed;
}

const shards = new Map(
  [1, 2].map((n) => `model-0000${n}-of-00002.safetensors`).map((name) => [name, readFileSync(join(samples, "sharded", name))]),
);

/** A shard, or what the file system says of a name that is none. */
function beside(name: string): ByteSource {
  const shard = shards.get(name);
  return shard ? memorySource(shard, name) : fileSource(join(samples, "sharded", name));
}

/** Parse, and read every tensor. */
function readWhole(bytes: Uint8Array): void {
  const { tensors } = parseWeights(memorySource(bytes, "fuzzed"), { beside });
  for (const { dtype, shape, bytes } of tensors.values())
    if (bytes.length !== byteSize(dtype, shape)) throw new Error(`${bytes.length} bytes for [${shape}] of ${dtype}`);
}

test.each(formats)("%s", (format, names) => {
  const rng = Rng.from(SEED, format);
  const below = (limit: number) => rng.int(limit);
  const originals = names.map((name) => readFileSync(join(samples, name)));
  let refused = 0;
  let slowest = 0;
  for (let i = 0; i < FILES; i++) {
    const bytes = mutated(originals[i % originals.length], below);
    const began = performance.now();
    try {
      readWhole(bytes);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      if (!foreseen.includes(`${code}`)) throw new Error(`file ${i} of seed ${SEED}`, { cause: error });
      expect(message.length).toBeLessThan(1000);
      refused++;
    }
    slowest = Math.max(slowest, performance.now() - began);
  }
  expect(refused).toBeGreaterThan(FILES / 4);
  expect(refused).toBeLessThan(FILES);
  expect(slowest).toBeLessThan(5000);
  expect(process.memoryUsage().rss).toBeLessThan(2e9);
});
