/** Reading, decoding and augmenting pictures beside torchvision's and Pillow's DataLoader: milliseconds a picture, smaller is better. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { Rng } from "../src/data/index.js";
import { type Row, row } from "./form.js";
import { equal, inTurn, within } from "./pair.js";
import { findPython } from "./python.js";
import type { Bench } from "./run.js";

const ROUNDS = 5;
const TARGET = 1 / 1.5;

/** What a photograph library holds: the size of ImageNet's pictures, and a telephone's. */
const corpora = [
  { name: "500×375", width: 500, height: 375, pictures: 128 },
  { name: "4000×3000", width: 4000, height: 3000, pictures: 12 },
];

interface Measured {
  /** Milliseconds a picture. */
  time: number;
}

export const loader: Bench = {
  about: "decoding and DeiT's augmentation at 224 px beside torchvision's DataLoader, time and memory",
  async run() {
    const root = mkdtempSync(join(tmpdir(), "vit-distill-bench-"));
    try {
      const rows: Row[] = [];
      for (const corpus of corpora) {
        const folder = await draw(join(root, corpus.name), corpus);
        for (const workers of [1, 2]) rows.push(...(await compare(corpus.name, folder, workers)));
      }
      return {
        rows,
        details: {
          threads: 1,
          rounds: ROUNDS,
          batch: 32,
          size: 224,
          note: "memory is that of all processes of a side after the last epoch, shared pages counted once",
        },
      };
    } finally {
      rmSync(root, { recursive: true });
    }
  },
};

function compare(name: string, folder: string, workers: number): Promise<Row[]> {
  return within("loader", findPython(), equal(1), async (pair) => {
    let round = 0;
    const time = await inTurn(pair, ROUNDS, async (side) => {
      const { time } = await side.ask<Measured>("epoch", { folder, workers, round: Math.floor(round++ / 2) });
      return time;
    });
    const label = `${name}, ${workers} worker${workers > 1 ? "s" : ""}`;
    return [
      row(label, "ms", time.ours, time.reference, TARGET),
      row(`${label}, memory`, "MiB", pair.ours.familyMemory(), pair.reference.familyMemory(), null),
    ];
  });
}

/** Smooth colours under a little noise, which cost a decoder about what a photograph does. */
async function draw(folder: string, corpus: (typeof corpora)[number]): Promise<string> {
  const { width, height, pictures } = corpus;
  for (let i = 0; i < pictures; i++) {
    const rng = Rng.from(7, i);
    const small = Uint8Array.from({ length: 32 * 24 * 3 }, () => rng.int(256));
    const { data } = await sharp(small, { raw: { width: 32, height: 24, channels: 3 } })
      .resize(width, height, { fit: "fill", kernel: "cubic" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (let at = 0; at < data.length; at++) data[at] = Math.min(255, Math.max(0, data[at] + 10 * (rng.next() - 0.5)));
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    const of = join(folder, `class ${i % 4}`);
    mkdirSync(of, { recursive: true });
    writeFileSync(join(of, `${i}.jpg`), file);
  }
  return folder;
}
