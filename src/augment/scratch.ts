/** The picture that an op owns and fills anew at each call, so that training allocates nothing per picture. */
import type { Image } from "../data/index.js";

type Kind = Uint8ArrayConstructor | Float32ArrayConstructor;

const kindOf = (image: Image): Kind => (image.data instanceof Uint8Array ? Uint8Array : Float32Array);

export class Scratch {
  #owned: Image | undefined;

  /** A picture of the size of `image`, never `image` itself; what it held before is still in it. */
  like(image: Image, kind = kindOf(image)): Image {
    const { channels, height, width } = image;
    const owned = this.#owned;
    const fits =
      owned?.data instanceof kind &&
      owned.data !== image.data &&
      owned.channels === channels &&
      owned.height === height &&
      owned.width === width;
    if (fits) return owned;
    this.#owned = { data: new kind(channels * height * width), channels, height, width };
    return this.#owned;
  }
}
