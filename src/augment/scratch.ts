/** The picture that an op owns and fills anew at each call, so that training allocates nothing per picture. */
import type { Image } from "../data/index.js";

export class Scratch<Data extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  #owned: (Image & { readonly data: Data }) | undefined;

  /** A picture of the size of `image`, never `image` itself; its old contents are left in. */
  like(image: Image, Kind: new (length: number) => Data): Image & { readonly data: Data } {
    const { channels, height, width } = image;
    const owned = this.#owned;
    const fits =
      owned?.data instanceof Kind && owned.data !== image.data && owned.channels === channels && owned.height === height && owned.width === width;
    if (fits) return owned;
    return (this.#owned = { data: new Kind(channels * height * width), channels, height, width });
  }
}

export const kindOf = (image: Image): Uint8ArrayConstructor | Float32ArrayConstructor =>
  image.data instanceof Uint8Array ? Uint8Array : Float32Array;
