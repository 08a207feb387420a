/** Contact sheets: the first batch of a recipe, as its student and as each teacher see it. */

import sharp, { type OverlayOptions } from "sharp";
import type { Batch, Loader } from "../data/index.js";
import type { ModelInfo } from "../models/index.js";
import { type Device, tensor, tidy } from "../torch/index.js";
import { checkRecipe, type Recipe } from "./recipe.js";
import { Session } from "./session.js";
import { viewOf } from "./view.js";

export interface PreviewOptions {
  /** The most pictures of the batch that are shown. */
  pictures?: number;
  seed?: number;
  device?: Device;
}

export interface Preview {
  png: Uint8Array;
  width: number;
  height: number;
  /** A heading for each sheet, from the top. */
  sheets: string[];
}

/** In pixels. */
const CELL = 144;
const GAP = 8;
const HEADING = 36;
const CAPTION = 22;
const COLUMNS = 8;
const PAPER = "#ffffff";
const INK = "#222222";

/** The first batch as it is trained on, augmented and mixed, with its labels below; a sheet for each way of seeing it. */
export async function preview(recipe: Recipe, { pictures = 16, seed, device = "cpu" }: PreviewOptions = {}): Promise<Preview> {
  checkRecipe(recipe, "recipe");
  using session = Session.open(recipe, { seed: seed ?? recipe.seed ?? 0, device });
  for await (const batch of session.loader.epoch(0)) {
    const captions = captionsOf(batch, recipe.data.train.classes).slice(0, pictures);
    return printed(sheetsOf(session), captions, (info) => pixelsOf(info, batch, session.loader).slice(0, pictures));
  }
  throw new Error("A loader has a batch at least.");
}

interface Sheet {
  heading: string;
  info: ModelInfo;
}

/** Models to which the pictures look alike share a sheet. */
function sheetsOf({ student, teachers }: Session): Sheet[] {
  const seers = [
    { who: `student ${student.info.name}`, info: student.info },
    ...teachers.map(({ info }) => ({ who: `teacher ${info.name}`, info })),
  ];
  const alike = ({ input: { size, interpolation }, inChannels }: ModelInfo) => [size, interpolation, inChannels].join();
  const kinds = [...new Set(seers.map(({ info }) => alike(info)))];
  return kinds.map((kind) => {
    const group = seers.filter(({ info }) => alike(info) === kind);
    const [{ info }] = group;
    return { info, heading: `${group.map(({ who }) => who).join(", ")}: ${info.input.size}×${info.input.size}` };
  });
}

/** Each picture's bytes [S, S, 3] as the model is given it, its own normalisation undone. */
function pixelsOf(info: ModelInfo, { images, shape }: Batch, loader: Loader): Uint8Array[] {
  const view = viewOf(info, loader);
  const seen = tidy(() => view(tensor(images, { shape })).data() as Float32Array); // [B, C, S, S]
  const { mean, std, size } = info.input;
  const [area, channels] = [size * size, info.inChannels];
  return Array.from({ length: shape[0] }, (_, i) =>
    Uint8Array.from({ length: 3 * area }, (_, at) => {
      const channel = channels === 1 ? 0 : at % 3;
      const value = seen[(i * channels + channel) * area + Math.floor(at / 3)];
      return Math.min(255, Math.max(0, Math.round(255 * (value * std[channel] + mean[channel]))));
    }),
  );
}

/** A class's name, or of a mixed picture the two that it shows most of. */
function captionsOf({ labels, targets, classes: count }: Batch, classes: readonly string[]): string[] {
  return Array.from(labels, (label, i) => {
    if (label < 0) return "";
    if (!targets) return classes[Number(label)];
    const shares = Array.from(targets.subarray(i * count, (i + 1) * count), (share, k) => ({ share, name: classes[k] }));
    const [first, second] = shares.sort((a, b) => b.share - a.share);
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    if (second === undefined || second.share < 0.1) return first.name; // the rest is smoothing
    return `${first.name} ${percent(first.share)}, ${second.name} ${percent(second.share)}`;
  });
}

async function printed(
  sheets: readonly Sheet[],
  captions: readonly string[],
  pixels: (info: ModelInfo) => Uint8Array[],
): Promise<Preview> {
  const columns = Math.min(COLUMNS, captions.length);
  const rows = Math.ceil(captions.length / columns);
  const width = GAP + columns * (CELL + GAP);
  const sheetHeight = HEADING + rows * (CELL + CAPTION + GAP);
  const height = sheets.length * sheetHeight + GAP;
  const place = (i: number, top: number) => ({
    left: GAP + (i % columns) * (CELL + GAP),
    top: top + HEADING + Math.floor(i / columns) * (CELL + CAPTION + GAP),
  });
  const words: string[] = [];
  const cells: OverlayOptions[] = [];
  for (const [s, { heading, info }] of sheets.entries()) {
    words.push(text(heading, GAP, s * sheetHeight + 24, 16));
    for (const [i, bytes] of pixels(info).entries()) {
      const { left, top } = place(i, s * sheetHeight);
      cells.push({ input: await cell(bytes, info.input.size), left, top });
      words.push(text(shortened(captions[i]), left, top + CELL + 15, 12));
    }
  }
  const lettering = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" fill="${INK}">${words.join("")}</svg>`,
  );
  const png = await sharp({ create: { width, height, channels: 3, background: PAPER } })
    .composite([...cells, { input: lettering, left: 0, top: 0 }])
    .png()
    .toBuffer();
  return { png, width, height, sheets: sheets.map(({ heading }) => heading) };
}

/** Small pictures are shown with their pixels. */
const cell = (bytes: Uint8Array, size: number): Promise<Buffer> =>
  sharp(bytes, { raw: { width: size, height: size, channels: 3 } })
    .resize(CELL, CELL, { kernel: size < CELL ? "nearest" : "lanczos3" })
    .png()
    .toBuffer();

const shortened = (caption: string): string => (caption.length > 24 ? `${caption.slice(0, 23)}…` : caption);

const text = (words: string, x: number, y: number, size: number): string =>
  `<text x="${x}" y="${y}" font-size="${size}">${words.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</text>`;
