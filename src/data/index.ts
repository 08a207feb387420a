/** Data sets, their parts, and the loader. */
export { type BadPicture, type Batch, type BatchOp, ownPlaces } from "./batch.js";
export { dismissWorkers } from "./crew.js";
export { classCounts, type Dataset, isLabelled, stratifiedSplit, stratifiedSubset, subset } from "./dataset.js";
export { DataError } from "./error.js";
export { type FashionMnistSplit, fashionMnist, fashionMnistFolder, fashionMnistStats } from "./fashion-mnist.js";
export { fingerprint } from "./fingerprint.js";
export { type CifarOptions, cifar, parseCifar } from "./formats/cifar.js";
export type { OpenOptions } from "./formats/classes.js";
export { type IdxOptions, idxImages } from "./formats/idx-images.js";
export { type ImageFolderOptions, imageFolder, unlabelledFolder } from "./formats/image-folder.js";
export { type ImageTableOptions, imageTable, parseTable } from "./formats/image-table.js";
export { type OpenDataOptions, type OpenedData, openData } from "./formats/open-data.js";
export { type ParquetOptions, parquetImages } from "./formats/parquet.js";
export { type TarMember, tarMembers } from "./formats/tar.js";
export { type TarOptions, tarShards } from "./formats/tar-shards.js";
export type { Box, Cut, Framing, Interpolation, Size } from "./framing.js";
export { type Idx, parseIdx, readIdx } from "./idx.js";
export { type ByteImage, type ColourSpace, type Image, type ImageOp, imageOp, inSpace, type OpSpec, specsOf } from "./image.js";
export { type Duplicate, type InspectOptions, inspectData, type SplitSurvey, type Survey } from "./inspect.js";
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
export { type ImageShape, pictureSize } from "./probe.js";
export { Rng, type RngState } from "./rng.js";
export { type Samples, type SamplesOptions, samples } from "./samples.js";
