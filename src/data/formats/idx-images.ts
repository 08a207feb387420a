/** Data sets of the MNIST family: pictures and labels in a pair of IDX files. http://yann.lecun.com/exdb/mnist */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../error.js";
import { readIdx } from "../idx.js";
import { type Samples, samples } from "../samples.js";
import { numbered, readClasses } from "./classes.js";

export interface IdxOptions {
  name?: string;
  split?: "train" | "test";
  classes?: readonly string[];
}

const files = {
  train: { images: /train-images[.-]idx3-ubyte(\.gz)?$/, labels: /train-labels[.-]idx1-ubyte(\.gz)?$/ },
  test: { images: /(t10k|test)-images[.-]idx3-ubyte(\.gz)?$/, labels: /(t10k|test)-labels[.-]idx1-ubyte(\.gz)?$/ },
};

/** Whether such a pair of the split is among these files. */
export const isIdx = (names: readonly string[], split: "train" | "test"): boolean =>
  names.some((name) => files[split].images.test(name));

/** The pair of a split in the folder, in memory. Grey; classes by the folder's classes.json, otherwise by number. */
export function idxImages(folder: string, { split = "train", name = `${folder} ${split}`, classes }: IdxOptions = {}): Samples {
  const names = readdirSync(folder);
  const path = (kind: "images" | "labels") => {
    const found = names.find((file) => files[split][kind].test(file));
    if (found) return join(folder, found);
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `${folder} has no IDX file of ${split} ${kind}, such as ${split === "train" ? "train" : "t10k"}-${kind}-idx${kind === "images" ? 3 : 1}-ubyte.`,
    );
  };
  const images = readIdx(path("images"));
  const { dims, data: labels } = readIdx(path("labels"));
  const [n, height, width] = images.dims;
  if (images.dims.length !== 3 || dims.length !== 1 || dims[0] !== n)
    throw new DataError(
      "ERR_DATA_LABELS",
      `${folder}: ${split} pictures of ${images.dims.join("×")} do not go with labels of ${dims.join("×")}.`,
    );
  return samples({
    name,
    images: images.data,
    labels,
    channels: 1,
    height,
    width,
    classes: classes ?? readClasses(folder) ?? numbered(labels),
  });
}
