/** CIFAR-10 and CIFAR-100 in their binary version: 32×32 pictures behind a byte or two of labels. https://www.cs.toronto.edu/~kriz/cifar.html */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../error.js";
import { readUnpacked } from "../idx.js";
import { type Samples, samples } from "../samples.js";

export interface CifarOptions {
  split: "train" | "test";
  /** Of CIFAR-100: the hundred classes, or the twenty that they fall into. */
  labels?: "fine" | "coarse";
}

interface Layout {
  name: string;
  train: string[];
  test: string[];
  /** Bytes of labels before a picture, and which of them counts. */
  labelBytes: number;
  label: (options: CifarOptions) => { at: number; names: string; count: number };
}

const PIXELS = 3 * 32 * 32;

const layouts: Layout[] = [
  {
    name: "CIFAR-10",
    train: [1, 2, 3, 4, 5].map((part) => `data_batch_${part}.bin`),
    test: ["test_batch.bin"],
    labelBytes: 1,
    label: () => ({ at: 0, names: "batches.meta.txt", count: 10 }),
  },
  {
    name: "CIFAR-100",
    train: ["train.bin"],
    test: ["test.bin"],
    labelBytes: 2,
    label: ({ labels = "fine" }) =>
      labels === "fine"
        ? { at: 1, names: "fine_label_names.txt", count: 100 }
        : { at: 0, names: "coarse_label_names.txt", count: 20 },
  },
];

const layoutIn = (folder: string): Layout | undefined =>
  layouts.find(({ test, train }) => [...test, ...train].some((file) => existsSync(join(folder, file))));

/** Whether the folder has files of either set. */
export const isCifar = (folder: string): boolean => layoutIn(folder) !== undefined;

/** The set whose files are in the folder, in memory. */
export function cifar(folder: string, options: CifarOptions): Samples {
  const layout = layoutIn(folder);
  if (!layout)
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `${folder} has none of CIFAR's files, such as ${layouts.map(({ test }) => test[0]).join(" or ")}.`,
    );
  const { at, names, count } = layout.label(options);
  const parts = layout[options.split].map((file) =>
    parseCifar(readUnpacked(join(folder, file)), { ...layout, at, source: join(folder, file) }),
  );
  return samples({
    name: `${layout.name} ${options.split}`,
    images: Buffer.concat(parts.map(({ images }) => images)),
    labels: parts.flatMap(({ labels }) => [...labels]),
    channels: 3,
    height: 32,
    width: 32,
    classes: classNames(join(folder, names), count),
  });
}

/** Records of labels and pixels; `at` is the label that counts. */
export function parseCifar(
  bytes: Uint8Array,
  { labelBytes, at, source = "CIFAR data" }: { labelBytes: number; at: number; source?: string },
): { images: Uint8Array; labels: Uint8Array } {
  const record = labelBytes + PIXELS;
  const n = bytes.length / record;
  if (!Number.isInteger(n) || n === 0)
    throw new DataError(
      "ERR_DATA_FORMAT",
      `${source} is not a whole CIFAR file: ${bytes.length} bytes are not a multiple of ${record}.`,
    );
  const images = new Uint8Array(n * PIXELS);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    labels[i] = bytes[i * record + at];
    images.set(bytes.subarray(i * record + labelBytes, (i + 1) * record), i * PIXELS);
  }
  return { images, labels };
}

/** One name a line; without the file, numbers. */
function classNames(path: string, count: number): string[] {
  const lines = existsSync(path)
    ? readFileSync(path, "utf8")
        .split(/\r?\n/)
        .filter((line) => line !== "")
    : [];
  return lines.length === count ? lines : Array.from({ length: count }, (_, label) => `${label}`);
}
