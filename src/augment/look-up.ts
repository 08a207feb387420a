/** Edits of bytes one by one, through a table of 256, as Pillow's ImageOps and ImageEnhance define them. */
import { pixels } from "../data/pixels.js";
import type { ByteImage, Edit } from "./edit.js";
import { greyOf } from "./enhance.js";

type Table = Uint8Array; // [256]

function table(value: (byte: number) => number): Table {
  const made = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) made[byte] = Math.min(Math.max(Math.trunc(value(byte)), 0), 255);
  return made;
}

/** One table for all channels. */
const throughTable =
  (byByte: Table): Edit =>
  ({ data, channels }, out) => {
    const tables = new Uint8Array(256 * channels);
    for (let channel = 0; channel < channels; channel++) tables.set(byByte, 256 * channel);
    pixels.lookUp(data, tables, out);
  };

/** A table for each channel, made from the counts of the channel's own bytes. */
const throughTables =
  (tableOf: (counts: Uint32Array) => Table): Edit =>
  ({ data, channels }, out) => {
    const area = data.length / channels;
    const tables = new Uint8Array(256 * channels);
    for (let channel = 0; channel < channels; channel++) {
      const counts = countsOf(data.subarray(channel * area, (channel + 1) * area));
      tables.set(tableOf(counts), 256 * channel);
    }
    pixels.lookUp(data, tables, out);
  };

function countsOf(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  pixels.count(bytes, counts);
  return counts;
}

function sumOf(value: (byte: number) => number): number {
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) sum += value(byte);
  return sum;
}

const unchanged = table((byte) => byte);

/** Every byte's mixture with one byte. */
function blended(from: number, factor: number): Table {
  const out = new Uint8Array(256).fill(from);
  pixels.blend(out, unchanged, factor, out);
  return out;
}

export const invert = throughTable(table((byte) => 255 - byte));

/** Keeps the upper `bits` of a byte. */
export const posterize = (bits: number): Edit => throughTable(table((byte) => byte & ~((1 << (8 - bits)) - 1) & 255));

/** Inverts what is not darker than the threshold. */
export const solarize = (threshold: number): Edit => throughTable(table((byte) => (byte < threshold ? byte : 255 - byte)));

/** Lightens what is darker than 128. */
export const solarizeAdd = (add: number): Edit => throughTable(table((byte) => (byte < 128 ? Math.min(255, byte + add) : byte)));

/** Stretches each channel from its darkest to its lightest byte. */
export const autoContrast: Edit = throughTables((counts) => {
  const low = counts.findIndex((count) => count > 0);
  const high = counts.findLastIndex((count) => count > 0);
  if (high <= low) return unchanged;
  const scale = 255 / (high - low);
  return table((byte) => byte * scale - low * scale);
});

/** Flattens each channel's histogram. */
export const equalize: Edit = throughTables((counts) => {
  const area = sumOf((byte) => counts[byte]);
  const present = counts.filter((count) => count > 0);
  const step = Math.floor((area - present[present.length - 1]) / 255);
  if (present.length <= 1 || step === 0) return unchanged;
  let passed = Math.floor(step / 2);
  return table((byte) => {
    const level = Math.floor(passed / step);
    passed += counts[byte];
    return level;
  });
});

/** Towards black below 1, away from it above. */
export const brightness = (factor: number): Edit => throughTable(blended(0, factor));

/** Towards the picture's mean grey below 1, away from it above. */
export const contrast =
  (factor: number): Edit =>
  (image, out) =>
    throughTable(blended(meanGrey(image), factor))(image, out);

function meanGrey(image: ByteImage): number {
  const counts = countsOf(greyOf(image));
  return Math.floor(sumOf((byte) => byte * counts[byte]) / (image.height * image.width) + 0.5);
}
