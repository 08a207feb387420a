/** A few drawn pictures laid out as ImageNet is, so that every recipe of this folder can be tried in seconds. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { Rng } from "vit-distill";

export const SMOKE_CLASSES = 4;
const PICTURES = { train: 4, val: 2 }; // of each class
const [WIDTH, HEIGHT] = [64, 48];

let folder: string | undefined;

/** `train/<class>/*.png` and `val/<class>/*.png` in a temporary folder that goes when the process ends. */
export function smokeFolder(): string {
  folder ??= draw(mkdtempSync(join(tmpdir(), "vit-distill-imagenet-")));
  return folder;
}

function draw(root: string): string {
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  for (const [split, count] of Object.entries(PICTURES)) {
    for (let label = 0; label < SMOKE_CLASSES; label++) {
      const of = join(root, split, `n0000000${label}`);
      mkdirSync(of, { recursive: true });
      for (let i = 0; i < count; i++) writeFileSync(join(of, `${i}.png`), png(picture(label, Rng.from(label, split, i))));
    }
  }
  return root;
}

/** Waves whose direction is the class, [H, W, 3]. */
function picture(label: number, rng: Rng): Uint8Array {
  const angle = (label * Math.PI) / SMOKE_CLASSES;
  const phase = rng.uniform(0, 2 * Math.PI);
  return Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
    const wave = Math.sin(0.5 * (x * Math.cos(angle) + y * Math.sin(angle)) + phase + (i % 3));
    return 128 + 90 * wave + 20 * rng.normal();
  });
}

/** https://www.w3.org/TR/png-3: three chunks, rows without a filter. */
function png(pixels: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0, WIDTH, 0, 0, 0, HEIGHT, 8, 2, 0, 0, 0]); // 8 bits, colours
  const rows = Buffer.concat(
    Array.from({ length: HEIGHT }, (_, y) => Buffer.from([0, ...pixels.subarray(y * WIDTH * 3, (y + 1) * WIDTH * 3)])),
  );
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(kind: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(content) >>> 0);
  return Buffer.concat([length, content, check]);
}
