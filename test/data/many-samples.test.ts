/** Tar shards of many samples: what is kept for each is a few bytes, and pictures come and go. The long form is tools/stream.ts. */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { centreCrop, compose, normalise } from "../../src/augment/index.js";
import { Loader, Rng, stratifiedSplit, tarShards } from "../../src/data/index.js";
import { draw } from "../../tools/corpus/pictures.js";
import { tarEntry } from "../../tools/corpus/tar.js";
import { temporary } from "./forms.js";

const SHARDS = 4;
const PER_SHARD = 2500;

test("10,000 samples in shards: 60 bytes for each in the index, and memory that does not grow with what was read", async () => {
  const folder = temporary();
  const pictures = await Promise.all(
    Array.from({ length: 8 }, (_, i) => draw(i, { width: 32, height: 32 }, Rng.from(i)).jpeg().toBuffer()),
  );
  for (let shard = 0; shard < SHARDS; shard++) {
    const file = openSync(join(folder, `part-${shard}.tar`), "w");
    for (let i = 0; i < PER_SHARD; i++) {
      const key = String(shard * PER_SHARD + i).padStart(8, "0");
      writeSync(file, tarEntry(`${key}.jpg`, pictures[i % 8]));
      writeSync(file, tarEntry(`${key}.cls`, Buffer.from(`${i % 8}`)));
    }
    closeSync(file);
  }
  const { pictures: source, n, labels } = tarShards(join(folder, `part-{0..${SHARDS - 1}}.tar`));
  if (source.kind !== "ranges") throw new Error("tar shards are ranges of bytes");
  const kept = [source.names.bytes, source.names.ends, source.file, source.start, source.size, labels];
  expect(kept.reduce((sum, { byteLength }) => sum + byteLength, 0) / n).toBeLessThan(60);

  const { train } = stratifiedSplit(tarShards(join(folder, `part-{0..${SHARDS - 1}}.tar`)), { validation: 9000, seed: 0 });
  const augment = compose([centreCrop({ size: 32, share: 1 }), normalise({ mean: [0, 0, 0], std: [1, 1, 1] })]);
  const loader = new Loader(train, { batchSize: 50, augment, shuffle: true, workers: 0 });
  let [count, early, most] = [0, 0, 0];
  for (const epoch of [0, 1])
    for await (const { labels, index } of loader.epoch(epoch)) {
      count += labels.length;
      if (epoch === 0 && index === 9) early = process.memoryUsage.rss();
      most = Math.max(most, process.memoryUsage.rss());
    }
  expect(count).toBe(2000);
  expect((most - early) / 2 ** 20).toBeLessThan(100);
});
