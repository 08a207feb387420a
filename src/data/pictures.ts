/** Where the pictures of a data set lie, as plain data that crosses into worker threads as it is, and how one of them is read. */
import { DataError } from "./error.js";
import type { Image } from "./image.js";
import { type FileSource, openFiles, openRanges, type RangeSource } from "./picture-files.js";
import { openParquet, type ParquetSource } from "./picture-parquet.js";

/** A picture file's bytes, not decoded yet. */
export interface Encoded {
  readonly bytes: Uint8Array;
}

export type Picture = Image | Encoded;

/** Rows are numbered from 0. A row that cannot be read throws; the sentence is the reason. */
export interface PictureReader {
  /** What messages call it. */
  name(row: number): string;
  read(row: number): Picture | Promise<Picture>;
}

/** Pixels in memory. */
export interface PixelSource {
  readonly kind: "pixels";
  readonly name: string;
  readonly images: Uint8Array; // [rows, C, H, W]
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Some rows of another source. */
export interface PartSource {
  readonly kind: "part";
  readonly of: PictureSource;
  readonly rows: Uint32Array;
}

/** A reader of your own. It cannot cross into a thread, so its pictures are read by the main one. */
export interface OwnSource extends PictureReader {
  readonly kind: "own";
}

export type PictureSource = PixelSource | FileSource | RangeSource | ParquetSource | PartSource | OwnSource;

export function openPictures(source: PictureSource): PictureReader {
  switch (source.kind) {
    case "pixels":
      return openPixels(source);
    case "files":
      return openFiles(source);
    case "ranges":
      return openRanges(source);
    case "parquet":
      return openParquet(source);
    case "part":
      return openPart(source);
    case "own":
      return source;
    default:
      throw new DataError("ERR_DATA_FORMAT", `Pictures of kind "${(source as { kind: string }).kind}" cannot be read.`);
  }
}

function openPixels({ name, images, channels, height, width }: PixelSource): PictureReader {
  const size = channels * height * width;
  return {
    name: (row) => `${name}, picture ${row}`,
    read: (row) => ({ data: images.subarray(row * size, (row + 1) * size), channels, height, width }),
  };
}

function openPart({ of, rows }: PartSource): PictureReader {
  const whole = openPictures(of);
  return { name: (row) => whole.name(rows[row]), read: (row) => whole.read(rows[row]) };
}
