/** Edits of bytes one by one, through a table of 256, as Pillow's ImageOps and ImageEnhance define them. */
import type { ByteImage, Edit } from "./edit.js";
import { blended, greyOf } from "./grey.js";

type Table = Uint8Array; // [256]

const table = (value: (byte: number) => number): Table =>
  Uint8Array.from({ length: 256 }, (_, byte) => Math.min(Math.max(Math.trunc(value(byte)), 0), 255));

const throughTable = (byByte: Table): Edit => throughTables(() => byByte);

/** A table for each channel, made from the channel's own bytes. */
function throughTables(tableOf: (channel: Uint8Array) => Table | null): Edit {
  return ({ data, channels }, out) => {
    const area = data.length / channels;
    for (let start = 0; start < data.length; start += area) {
      const channel = data.subarray(start, start + area);
      const byByte = tableOf(channel);
      if (!byByte) out.set(channel, start);
      else for (let i = 0; i < area; i++) out[start + i] = byByte[channel[i]];
    }
  };
}

export const invert = throughTable(table((byte) => 255 - byte));

/** Keeps the upper `bits` of a byte. */
export const posterize = (bits: number): Edit => throughTable(table((byte) => byte & ~((1 << (8 - bits)) - 1) & 255));

/** Inverts what is not darker than the threshold. */
export const solarize = (threshold: number): Edit => throughTable(table((byte) => (byte < threshold ? byte : 255 - byte)));

/** Lightens what is darker than 128. */
export const solarizeAdd = (add: number): Edit => throughTable(table((byte) => (byte < 128 ? Math.min(255, byte + add) : byte)));

function histogram(channel: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < channel.length; i++) counts[channel[i]]++;
  return counts;
}

/** Stretches each channel from its darkest to its lightest byte. */
export const autoContrast: Edit = throughTables((channel) => {
  const counts = histogram(channel);
  const low = counts.findIndex((count) => count > 0);
  const high = counts.findLastIndex((count) => count > 0);
  if (high <= low) return null;
  const scale = 255 / (high - low);
  return table((byte) => byte * scale - low * scale);
});

/** Flattens each channel's histogram. */
export const equalize: Edit = throughTables((channel) => {
  const counts = histogram(channel);
  const present = counts.filter((count) => count > 0);
  const step = Math.floor((channel.length - present[present.length - 1]) / 255);
  if (present.length <= 1 || step === 0) return null;
  let passed = Math.floor(step / 2);
  return table((byte) => {
    const level = Math.floor(passed / step);
    passed += counts[byte];
    return level;
  });
});

/** Towards black below 1, away from it above. */
export const brightness = (factor: number): Edit => throughTable(table((byte) => blended(0, byte, factor)));

/** Towards the picture's mean grey below 1, away from it above. */
export const contrast =
  (factor: number): Edit =>
  (image, out) => {
    const mean = meanGrey(image);
    throughTable(table((byte) => blended(mean, byte, factor)))(image, out);
  };

function meanGrey(image: ByteImage): number {
  const area = image.height * image.width;
  let sum = 0;
  for (let i = 0; i < area; i++) sum += greyOf(image.data, i, area);
  return Math.floor(sum / area + 0.5);
}
