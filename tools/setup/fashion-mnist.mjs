/** Fashion-MNIST (real photographs, MIT licence): Debian's package, or a folder with the four original files. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { Refusal } from "./refusal.mjs";
import { warn } from "./step.mjs";

const packaged = "/usr/share/datasets/fashion-mnist";
const files = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
  (name) => `${name}-ubyte.gz`,
);
const isComplete = (folder) => files.every((file) => existsSync(join(folder, file)));

/** Set-up goes on without the data: everything but the runs on Fashion-MNIST works. */
export function fashionMnist(say) {
  const named = process.env.VIT_DISTILL_FASHION_MNIST;
  const folder = named || packaged;
  if (isComplete(folder)) return { text: folder };
  if (named) warn("Fashion-MNIST", `VIT_DISTILL_FASHION_MNIST=${named} lacks one of ${files.join(", ")}.`);
  else install(say);
  return { text: isComplete(folder) ? folder : "missing" };
}

function install(say) {
  try {
    aptInstall(["dataset-fashion-mnist"], say);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    warn("Fashion-MNIST", `${error.message} Or set VIT_DISTILL_FASHION_MNIST to a folder that holds ${files.join(", ")}.`);
  }
}
