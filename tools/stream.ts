/**
 * Streams many synthetic samples out of tar shards, shuffled, and says what memory and time that took.
 * Command: node --import tsx tools/stream.ts <folder> [--samples 100000] [--workers 1] [--size 64]
 */
import { closeSync, existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compose, normalise, randomResizedCrop } from "../src/augment/index.js";
import { dismissWorkers, Loader, Rng, tarShards } from "../src/data/index.js";
import { draw } from "./corpus/pictures.js";
import { tarEntry } from "./corpus/tar.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: "string", default: "100000" },
    workers: { type: "string", default: "1" },
    size: { type: "string", default: "64" },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error("Say which folder: node --import tsx tools/stream.ts shards");
const [samples, workers, size] = [values.samples, values.workers, values.size].map(Number);

const PER_SHARD = 10_000;
const DISTINCT = 200; // pictures; drawing more would only take longer
const shards = Math.ceil(samples / PER_SHARD);
const shard = (i: number) => join(folder, `samples-${String(i).padStart(4, "0")}.tar`);
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

mkdirSync(folder, { recursive: true });
if (!existsSync(shard(shards - 1))) await write();

const began = performance.now();
const data = tarShards(Array.from({ length: shards }, (_, i) => shard(i)));
const opened = performance.now();
console.log(
  `${data.n} samples in ${shards} shards, indexed in ${((opened - began) / 1000).toFixed(1)} s; ${mebibytes(process.memoryUsage.rss())}`,
);

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const loader = new Loader(data, {
  batchSize: 100,
  augment: compose([randomResizedCrop({ size }), normalise(half)]),
  shuffle: true,
  workers,
});
let most = 0;
let count = 0;
for await (const { labels } of loader.epoch(0)) {
  count += labels.length;
  most = Math.max(most, process.memoryUsage.rss());
  if (count % 10_000 === 0) console.log(`${count} samples: ${mebibytes(process.memoryUsage.rss())}`);
}
const seconds = (performance.now() - opened) / 1000;
console.log(`${count} samples, ${Math.round(count / seconds)} images/s with ${workers} workers, at most ${mebibytes(most)}`);
await dismissWorkers();

async function write(): Promise<void> {
  const pictures = await Promise.all(
    Array.from({ length: DISTINCT }, (_, i) =>
      draw(i % 10, { width: 48 + (i % 32), height: 64 }, Rng.from(i))
        .jpeg()
        .toBuffer(),
    ),
  );
  for (let i = 0; i < shards; i++) {
    const file = openSync(shard(i), "w");
    for (let k = i * PER_SHARD; k < Math.min(samples, (i + 1) * PER_SHARD); k++) {
      const key = String(k).padStart(8, "0");
      writeSync(
        file,
        Buffer.concat([
          tarEntry(`${key}.jpg`, pictures[k % DISTINCT]),
          tarEntry(`${key}.cls`, Buffer.from(`${(k % DISTINCT) % 10}`)),
        ]),
      );
    }
    closeSync(file);
  }
}
