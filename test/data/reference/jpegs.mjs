/**
 * JPEG files of every sampling and coding, by libjpeg-turbo's cjpeg (Debian: libjpeg-turbo-progs), as base64 in a JSON object.
 * Command: node test/data/reference/jpegs.mjs > test/data/reference/jpegs.json
 */
import { execFileSync } from "node:child_process";

const samplings = { "4:4:4": "1x1", "4:2:2": "2x1", "4:4:0": "1x2", "4:2:0": "2x2", "4:1:1": "4x1", "4:1:0": "4x2" };
const codings = {
  baseline: [],
  restarts: ["-restart", "3B"],
  progressive: ["-progressive"],
  optimised: ["-optimize", "-quality", "90"],
};
const odd = {
  "grey, baseline": ["-grayscale"],
  "grey, progressive": ["-grayscale", "-progressive"],
  "RGB, baseline": ["-rgb"],
  "4:2:0, arithmetic": ["-arithmetic"],
  "odd factors": ["-sample", "3x1,1x1,1x1"],
};

/** Waves under noise, so that neighbours differ. */
function ppm(width, height) {
  const pixels = Buffer.alloc(3 * width * height);
  let seed = 1;
  for (let i = 0; i < pixels.length; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) | 0;
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    pixels[i] = 128 + 90 * Math.sin((x * (1 + (i % 3)) + 2 * y) / 9) + ((seed >>> 16) % 11);
  }
  return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]);
}

const picture = ppm(91, 67);
const encoded = (options) => execFileSync("cjpeg", options, { input: picture }).toString("base64");
const files = { ...Object.fromEntries(Object.entries(odd).map(([name, options]) => [name, encoded(options)])) };
for (const [sampling, factors] of Object.entries(samplings))
  for (const [coding, options] of Object.entries(codings))
    files[`${sampling}, ${coding}`] = encoded(["-sample", factors, ...options]);
process.stdout.write(`${JSON.stringify(files, null, 1)}\n`);
