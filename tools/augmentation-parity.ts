/**
 * How far our pictures are from Pillow's and torchvision's, operation by operation: the table of docs/augmentation.md.
 * Command: npm run parity -- FOLDER   (a folder of photographs; npm run setup:python installs what it compares with, PYTHON names another)
 */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { rotate, shearX, shearY, translateX, translateY } from "../src/augment/affine.js";
import type { ByteImage, Edit } from "../src/augment/edit.js";
import { colour, greyscale, sharpness } from "../src/augment/enhance.js";
import { gaussianBlur } from "../src/augment/gaussian-blur.js";
import { centreCrop } from "../src/augment/index.js";
import * as tables from "../src/augment/look-up.js";
import { randomPart } from "../src/augment/random-resized-crop.js";
import { decode } from "../src/data/decode.js";
import { type Cut, type Interpolation, Rng, type Size } from "../src/data/index.js";
import { referencePython } from "./setup/paths.mjs";

const FILL = [124, 116, 104];
const SIZE = 224;
const SHARE = 0.875;

/** Four strengths from the ranges that RandAugment draws at magnitude 9. */
const edits: Record<string, { make: (by: number) => Edit; strengths: number[] }> = {
  autoContrast: { make: () => tables.autoContrast, strengths: [0] },
  equalize: { make: () => tables.equalize, strengths: [0] },
  invert: { make: () => tables.invert, strengths: [0] },
  posterize: { make: tables.posterize, strengths: [1, 2, 3, 4] },
  solarize: { make: tables.solarize, strengths: [26, 100, 128, 200] },
  solarizeAdd: { make: tables.solarizeAdd, strengths: [20, 50, 80, 99] },
  brightness: { make: tables.brightness, strengths: [0.19, 0.6, 1.4, 1.81] },
  contrast: { make: tables.contrast, strengths: [0.19, 0.6, 1.4, 1.81] },
  colour: { make: colour, strengths: [0.19, 0.6, 1.4, 1.81] },
  sharpness: { make: sharpness, strengths: [0.19, 0.6, 1.4, 1.81] },
  greyscale: { make: () => greyscale, strengths: [0] },
  gaussianBlur: { make: gaussianBlur, strengths: [0.2, 0.7, 1.3, 2] },
  shearX: { make: (by) => shearX(by, FILL), strengths: [-0.27, -0.1, 0.05, 0.27] },
  shearY: { make: (by) => shearY(by, FILL), strengths: [-0.27, -0.1, 0.05, 0.27] },
  translateX: { make: (by) => translateX(by, FILL), strengths: [-0.405, -0.2, 0.1, 0.405] },
  translateY: { make: (by) => translateY(by, FILL), strengths: [-0.405, -0.2, 0.1, 0.405] },
  rotate: { make: (by) => rotate(by, FILL), strengths: [-27, -10, 5, 27] },
};

/** The other side: a job goes in, its pixels [C, H, W] come out. */
class Pillow {
  readonly #child = spawn(
    process.env.PYTHON ?? (existsSync(referencePython) ? referencePython : "/usr/bin/python3"),
    [join(import.meta.dirname, "augmentation-parity/pillow.py")],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();

  async ask(job: object): Promise<Uint8Array> {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The Python side has ended; npm run setup:python installs what it needs.");
    return new Uint8Array(Buffer.from(value, "base64"));
  }

  close(): void {
    this.#child.stdin.end();
  }
}

interface Difference {
  mean: number;
  worst: number;
}

/** In grey levels of 255. */
function difference(ours: ArrayLike<number>, theirs: ArrayLike<number>): Difference {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} bytes of ours and ${theirs.length} of theirs`);
  let sum = 0;
  let worst = 0;
  for (let i = 0; i < ours.length; i++) {
    const gap = Math.abs(ours[i] - theirs[i]);
    sum += gap;
    worst = Math.max(worst, gap);
  }
  return { mean: sum / ours.length, worst };
}

async function parity(folder: string): Promise<Map<string, Difference[]>> {
  const found = new Map<string, Difference[]>();
  const note = (row: string, gap: Difference) => found.set(row, [...(found.get(row) ?? []), gap]);
  const pillow = new Pillow();
  for (const file of readdirSync(folder).sort()) {
    const path = join(folder, file);
    const bytes = readFileSync(path);
    const compare = async (row: string, job: object, cutting?: (size: Size) => Cut) =>
      note(row, difference((await decode(bytes, { channels: 3, cutting })).data, await pillow.ask({ file: path, ...job })));

    await compare(/\.jpe?g$/i.test(file) ? "decode JPEG" : "decode PNG", { kind: "decode" });
    const whole = await decode(bytes, { channels: 3 });
    for (const interpolation of ["bicubic", "bilinear"] as const) {
      for (let seed = 0; seed < 4; seed++) {
        const box = randomPart(whole, { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] }, Rng.from(seed, file));
        const cutting = () => ({ from: box, to: { width: SIZE, height: SIZE }, interpolation });
        await compare(`randomResizedCrop, ${interpolation}`, { kind: "crop", box, size: SIZE, interpolation }, cutting);
      }
      const { framing } = centreCrop({ size: SIZE, share: SHARE, interpolation });
      const cutting = (size: Size) => framing!(size, Rng.from(0));
      await compare(`centreCrop, ${interpolation}`, { kind: "centre", size: SIZE, share: SHARE, interpolation }, cutting);
    }
    const part = await decode(bytes, { channels: 3, cutting: centred(whole, "bicubic") });
    for (const [name, { make, strengths }] of Object.entries(edits)) {
      for (const by of strengths) note(name, await editDifference(pillow, part as ByteImage, name, make(by), by));
    }
  }
  pillow.close();
  return found;
}

const centred =
  ({ width, height }: Size, interpolation: Interpolation) =>
  (): Cut => ({ from: { left: 0, top: 0, width, height }, to: { width: SIZE, height: SIZE }, interpolation });

async function editDifference(pillow: Pillow, picture: ByteImage, name: string, edit: Edit, by: number): Promise<Difference> {
  const out = new Uint8Array(picture.data.length);
  edit(picture, out);
  const { height, width } = picture;
  const pixels = Buffer.from(picture.data).toString("base64");
  return difference(out, await pillow.ask({ kind: "edit", edit: name, by, pixels, height, width }));
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("Name a folder of photographs: npm run parity -- FOLDER");
console.log("| operation | pictures × strengths | mean difference | largest |\n|---|---|---|---|");
for (const [row, gaps] of await parity(folder)) {
  const mean = gaps.reduce((sum, gap) => sum + gap.mean, 0) / gaps.length;
  const worst = Math.max(...gaps.map((gap) => gap.worst));
  console.log(`| ${row} | ${gaps.length} | ${mean === 0 ? "0" : mean.toFixed(3)} | ${worst} |`);
}
