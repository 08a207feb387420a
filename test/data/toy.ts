import { type Dataset, type Image, openPictures, type Samples, samples } from "../../src/data/index.js";

/** `counts[c]` pictures of each class c, mixed by stride; picture i is filled with i + 1 in its first pixel and with noise behind. */
export function toy(counts: number[], { channels = 1, height = 4, width = 5 } = {}): Samples {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const left = [...counts];
  const labels = Int32Array.from({ length: n }, (_, i) => {
    let label = i % counts.length;
    while (left[label] === 0) label = (label + 1) % counts.length;
    left[label]--;
    return label;
  });
  const size = channels * height * width;
  const images = Uint8Array.from({ length: n * size }, (_, k) => (k % size === 0 ? k / size + 1 : (k * 37) % 251));
  return samples({ name: "toy", images, labels, channels, height, width, classes: counts.map((_, c) => `class ${c}`) });
}

/** Which of `toy`'s pictures these are. */
export function ids({ pictures, n }: Dataset): number[] {
  const reader = openPictures(pictures);
  return Array.from({ length: n }, (_, i) => (reader.read(i) as Image).data[0] - 1);
}
