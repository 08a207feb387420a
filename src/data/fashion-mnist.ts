/** Fashion-MNIST: 70,000 grey photographs of clothes, 28×28, ten classes, MIT licence. https://github.com/zalandoresearch/fashion-mnist */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "./error.js";
import { parseIdx, readUnpacked } from "./idx.js";
import { type Samples, samples } from "./samples.js";

export type FashionMnistSplit = "train" | "test";

const DEBIAN = "/usr/share/datasets/fashion-mnist";
const WAYS_OUT =
  "Install Debian's package dataset-fashion-mnist, or name a folder with the four original files (option `folder`, or VIT_DISTILL_FASHION_MNIST)";
const CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

interface Original {
  name: string;
  bytes: number;
  sha256: string;
}

// Of the unpacked files: Debian packs the same bytes anew, so the archives' checksums differ from the authors'.
const ORIGINALS: Record<FashionMnistSplit, { images: Original; labels: Original }> = {
  train: {
    images: {
      name: "train-images-idx3-ubyte",
      bytes: 47_040_016,
      sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    },
    labels: {
      name: "train-labels-idx1-ubyte",
      bytes: 60_008,
      sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
  },
  test: {
    images: {
      name: "t10k-images-idx3-ubyte",
      bytes: 7_840_016,
      sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    labels: {
      name: "t10k-labels-idx1-ubyte",
      bytes: 10_008,
      sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
  },
};

/** Mean and standard deviation of the training pictures, scaled to [0, 1]. */
export const fashionMnistStats = { mean: [0.286], std: [0.353] };

export function fashionMnist({ split, folder }: { split: FashionMnistSplit; folder?: string }): Samples {
  const from = fashionMnistFolder(folder);
  const images = parseIdx(readOriginal(from, ORIGINALS[split].images), "images");
  const labels = parseIdx(readOriginal(from, ORIGINALS[split].labels), "labels");
  const [, height, width] = images.dims;
  return samples({
    name: `Fashion-MNIST ${split}`,
    images: images.data,
    labels: labels.data,
    channels: 1,
    height,
    width,
    classes: [...CLASSES],
  });
}

/** The folder that is read: the one named, else the environment's, else Debian's. */
export function fashionMnistFolder(folder = process.env.VIT_DISTILL_FASHION_MNIST || DEBIAN): string {
  if (!existsSync(folder))
    throw new DataError("ERR_DATA_NOT_FOUND", `Fashion-MNIST is not here: there is no folder ${folder}. ${WAYS_OUT}.`);
  return folder;
}

function readOriginal(folder: string, { name, bytes, sha256 }: Original): Uint8Array {
  const path = [join(folder, `${name}.gz`), join(folder, name)].find((candidate) => existsSync(candidate));
  if (!path)
    throw new DataError(
      "ERR_DATA_NOT_FOUND",
      `Fashion-MNIST is incomplete: ${folder} has neither ${name}.gz nor ${name}. ${WAYS_OUT}.`,
    );
  const data = readUnpacked(path);
  const refuse = (what: string) => new DataError("ERR_DATA_FORMAT", `${path} is not the original file: ${what}. ${WAYS_OUT}.`);
  if (data.length !== bytes) throw refuse(`it holds ${data.length} bytes unpacked, not ${bytes}`);
  const found = createHash("sha256").update(data).digest("hex");
  if (found !== sha256) throw refuse(`its SHA-256 unpacked is ${found}, not ${sha256}`);
  return data;
}
