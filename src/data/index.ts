/** Data sets in memory, their parts, and the loader. */
export type { Batch, BatchOp } from "./batch.js";
export { DataError } from "./error.js";
export { type FashionMnistSplit, fashionMnist, fashionMnistFolder, fashionMnistStats } from "./fashion-mnist.js";
export { type Idx, parseIdx, readIdx } from "./idx.js";
export { type ColourSpace, type Image, type ImageOp, inSpace } from "./image.js";
export { Loader, type LoaderOptions } from "./loader.js";
export { Rng, type RngState } from "./rng.js";
export { classCounts, type Samples, stratifiedSplit, stratifiedSubset, subset } from "./samples.js";
