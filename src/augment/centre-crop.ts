/** What a model is evaluated on: the shorter side resized to size / share, and the middle cut out; as torchvision's and timm's transforms. */
import { DataError, type Framing, type Interpolation, type Size } from "../data/index.js";
import { framed } from "./framed.js";

export interface CentreCropOptions {
  size: number;
  /** The share of the resized picture's side that is kept: a model's own `crop`, 0.875 for 224 of 256. */
  share?: number;
  interpolation?: Interpolation;
}

export function centreCrop(options: CentreCropOptions) {
  const { size, share = 0.875, interpolation = "bicubic" } = options;
  if (!(share > 0 && share <= 1))
    throw new DataError("ERR_INVALID_OPTION", `centreCrop keeps a share above 0 and up to 1, not ${share}.`);
  const framing: Framing = (picture) => {
    const to = withShorterSide(picture, Math.floor(size / share));
    const keep = { left: middle(to.width, size), top: middle(to.height, size), width: size, height: size };
    return { from: { left: 0, top: 0, ...picture }, to, keep, interpolation };
  };
  return framed("centreCrop", options, framing);
}

/** The longer side is cut off to whole pixels, as torchvision does. */
export function withShorterSide({ width, height }: Size, side: number): Size {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** Where `part` of `whole` begins; halves go to the even number, as Python rounds. */
function middle(whole: number, part: number): number {
  const exact = (whole - part) / 2;
  const down = Math.floor(exact);
  return exact === down || down % 2 === 0 ? down : down + 1;
}
