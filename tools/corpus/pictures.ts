/** Pictures for tests, drawn from a seed: each class has a shape of its own, and files of every kind and mode that people have. */
import sharp, { type Sharp } from "sharp";
import { Rng } from "../../src/data/index.js";

/** How a file is made of a drawing; the names stand in the files' own. */
const encoders: Record<string, { ending: string; encode: (picture: Sharp) => Sharp }> = {
  photo: { ending: "jpg", encode: (picture) => picture.jpeg({ quality: 85 }) },
  progressive: { ending: "jpeg", encode: (picture) => picture.jpeg({ progressive: true }) },
  grey: { ending: "jpg", encode: (picture) => picture.toColourspace("b-w").jpeg() },
  cmyk: { ending: "jpg", encode: (picture) => picture.toColourspace("cmyk").jpeg() },
  turned: { ending: "JPG", encode: (picture) => picture.withMetadata({ orientation: 6 }).jpeg() },
  palette: { ending: "png", encode: (picture) => picture.png({ palette: true, colours: 32 }) },
  deep: { ending: "png", encode: (picture) => picture.toColourspace("rgb16").png() },
  alpha: { ending: "png", encode: (picture) => picture.ensureAlpha(0.5).png() },
  webp: { ending: "webp", encode: (picture) => picture.webp() },
  gif: { ending: "gif", encode: (picture) => picture.gif() },
};

export const modes = Object.keys(encoders);

export interface DrawnFile {
  name: string;
  bytes: Buffer;
}

export interface DrawOptions {
  seed: number;
  classes: number;
  /** Sides are drawn from a quarter of this to all of it. */
  most?: number;
}

/** Picture `i` of the corpus: class i modulo classes, modes in turn. */
export async function drawFile(i: number, { seed, classes, most = 400 }: DrawOptions): Promise<DrawnFile> {
  const rng = Rng.from(seed, "corpus", i);
  const side = () => Math.round(rng.uniform(most / 4, most));
  const mode = modes[Math.floor(i / classes) % modes.length];
  const { ending, encode } = encoders[mode];
  const picture = draw(i % classes, { width: side(), height: side() }, rng);
  return { name: `${mode}-${i}.${ending}`, bytes: await encode(picture).toBuffer() };
}

/** Stripes whose direction and colour belong to the class, with noise over them. */
export function draw(label: number, { width, height }: { width: number; height: number }, rng: Rng): Sharp {
  const pixels = Buffer.alloc(3 * width * height);
  const angle = (label * Math.PI) / 5;
  const period = rng.uniform(8, 24);
  const tint = [0, 1, 2].map((channel) => 90 + 80 * Math.cos(label * 1.7 + channel * 2.1));
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = Math.sin((2 * Math.PI * (x * Math.cos(angle) + y * Math.sin(angle))) / period);
      const noise = rng.bits() & 31;
      for (const colour of tint) pixels[at++] = Math.max(0, Math.min(255, colour + 70 * wave + noise));
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Files that are no pictures, by what is wrong with them. */
export async function damagedFiles(seed = 0): Promise<Record<string, Buffer>> {
  const whole = await draw(0, { width: 160, height: 120 }, Rng.from(seed, "damage")).jpeg().toBuffer();
  const png = await draw(1, { width: 60, height: 50 }, Rng.from(seed, "damage", 1))
    .png()
    .toBuffer();
  return {
    "truncated.jpg": whole.subarray(0, whole.length >> 1),
    "truncated.png": png.subarray(0, png.length >> 1),
    "nothing.jpg": Buffer.alloc(0),
    "text.jpg": Buffer.from("These are words, not a picture.\n"),
    "drawing.png": Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
    "bomb.png": claiming(png, 60_000, 60_000),
  };
}

/** Files that look odd and are pictures all the same; of at most so many pixels. */
export async function oddFiles({ seed = 0, most = 5200 * 3900 } = {}): Promise<Record<string, Buffer>> {
  const rng = Rng.from(seed, "odd");
  return {
    "a-png-by-content.jpg": await draw(2, { width: 50, height: 70 }, rng).png().toBuffer(),
    "one-pixel.png": await draw(0, { width: 1, height: 1 }, rng).png().toBuffer(),
    "twenty-megapixels.jpg": await sharp({
      create: { width: 5200, height: Math.round(most / 5200), channels: 3, background: "#336699" },
    })
      .jpeg()
      .toBuffer(),
  };
}

/** A PNG whose header says another size. */
function claiming(png: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** Of PNG's chunks. https://www.w3.org/TR/png/#D-CRCAppendix */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}
