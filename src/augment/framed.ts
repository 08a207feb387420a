/** An op that says which part of the picture it wants, so that the decoder cuts it out and no other op sees the rest. */
import { DataError, type Framing, type ImageOp, imageOp } from "../data/index.js";

export function framed(name: string, options: unknown, framing: Framing): ImageOp {
  const misplaced: ImageOp = () => {
    throw new DataError("ERR_AUGMENTATION", `${name} is done while a picture is decoded: put it first.`);
  };
  return Object.assign(imageOp(name, options, misplaced), { framing });
}
