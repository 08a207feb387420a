/** Our side of bench/loader.ts: an epoch of a folder through the loader. */
import { mixup, trainAugment } from "../../src/augment/index.js";
import { imageFolder, Loader } from "../../src/data/index.js";
import { serve } from "./serve.js";

const imagenet = { size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const loaders = new Map<string, Loader>();

function loaderOf(folder: string, workers: number): Loader {
  const key = `${workers} ${folder}`;
  const made =
    loaders.get(key) ??
    new Loader(imageFolder(folder), {
      batchSize: 32,
      augment: trainAugment(imagenet),
      mix: mixup({ alpha: 0.8, cutmix: 1 }),
      shuffle: true,
      workers,
    });
  loaders.set(key, made);
  return made;
}

await serve({
  async epoch({ folder, workers, round }: { folder: string; workers: number; round: number }) {
    const loader = loaderOf(folder, workers);
    const begin = performance.now();
    let pictures = 0;
    for await (const batch of loader.epoch(round)) pictures += batch.shape[0];
    return { time: (performance.now() - begin) / pictures };
  },
});
process.exit(0);
