/** A data set in memory: pixels of one size. */
import { checkDataset, type Dataset } from "./dataset.js";
import { DataError } from "./error.js";

export interface Samples extends Dataset {
  readonly images: Uint8Array; // [n, C, H, W]
  readonly height: number;
  readonly width: number;
}

export interface SamplesOptions {
  name: string;
  images: Uint8Array; // [n, C, H, W]
  labels: ArrayLike<number>; // [n]
  channels: number;
  height: number;
  width: number;
  classes: readonly string[];
}

/** The data set of these pixels; `images` is kept, not copied. */
export function samples({ name, images, labels, channels, height, width, classes }: SamplesOptions): Samples {
  const n = labels.length;
  if (images.length !== n * channels * height * width)
    throw new DataError(
      "ERR_DATA_LABELS",
      `${name}: ${n} labels of pictures of ${channels}×${height}×${width} do not fit ${images.length} bytes.`,
    );
  const pictures = { kind: "pixels" as const, name, images, channels, height, width };
  const made = { name, images, labels: Int32Array.from(labels), n, channels, height, width, classes, pictures };
  checkDataset(made);
  return made;
}
