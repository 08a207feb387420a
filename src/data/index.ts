/** Data sets, their parts, and the loader. */
export type { BadPicture, Batch, BatchOp } from "./batch.js";
export { classCounts, type Dataset, isLabelled, stratifiedSplit, stratifiedSubset, subset } from "./dataset.js";
export { DataError } from "./error.js";
export { type FashionMnistSplit, fashionMnist, fashionMnistFolder, fashionMnistStats } from "./fashion-mnist.js";
export { fingerprint } from "./fingerprint.js";
export type { Box, Cut, Framing, Interpolation, Size } from "./framing.js";
export { type Idx, parseIdx, readIdx } from "./idx.js";
export { type ColourSpace, type Image, type ImageOp, imageOp, inSpace, type OpSpec } from "./image.js";
export { Loader, type LoaderOptions } from "./loader.js";
export {
  type Encoded,
  type OwnSource,
  openPictures,
  type PartSource,
  type Picture,
  type PictureReader,
  type PictureSource,
  type PixelSource,
} from "./pictures.js";
export type { ImageShape } from "./probe.js";
export { Rng, type RngState } from "./rng.js";
export { type Samples, type SamplesOptions, samples } from "./samples.js";
