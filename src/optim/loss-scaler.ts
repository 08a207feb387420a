/**
 * Loss scaling for float16: a gradient below 6e-8 would be 0 there, so the loss is multiplied before the backward pass and the
 * gradients are divided after it. The factor is doubled after 2000 steps without an overflow and halved by each overflow, whose
 * step is left out. As torch.cuda.amp.GradScaler; https://arxiv.org/abs/1710.03740
 */

import { _foreachMul_, gradsOf, noGrad, type Tensor, tidy } from "../torch/index.js";

export interface LossScalerOptions {
  init?: number;
  growth?: number;
  /** Steps without an overflow before it grows. */
  every?: number;
  backoff?: number;
  /** What overflows at this scale is no matter of the scale. */
  floor?: number;
}

/** What a resume needs. */
export interface LossScalerState {
  scale: number;
  /** Steps since the last overflow or growth. */
  calm: number;
}

export class LossScaler {
  readonly #growth: number;
  readonly #every: number;
  readonly #backoff: number;
  readonly #floor: number;
  #scale: number;
  #calm = 0;

  constructor({ init = 65_536, growth = 2, every = 2000, backoff = 0.5, floor = 1 }: LossScalerOptions = {}) {
    this.#scale = init;
    this.#growth = growth;
    this.#every = every;
    this.#backoff = backoff;
    this.#floor = floor;
  }

  get scale(): number {
    return this.#scale;
  }

  /** The loss as it goes into the backward pass. */
  scaled(loss: Tensor): Tensor {
    return loss.mul(this.#scale);
  }

  /** Gives the gradients their own size again: before they are measured and clipped. */
  unscale_(parameters: readonly Tensor[]): void {
    tidy(() => {
      const gradients = gradsOf(parameters).filter((gradient) => gradient !== null);
      if (gradients.length > 0) noGrad(() => _foreachMul_(gradients, 1 / this.#scale));
    });
  }

  /** After a step: whether its gradients overflowed because of the scale, which is then smaller; at the floor they did not. */
  update({ overflowed }: { overflowed: boolean }): boolean {
    if (overflowed) {
      const blamed = this.#scale > this.#floor;
      this.#scale = Math.max(this.#floor, this.#scale * this.#backoff);
      this.#calm = 0;
      return blamed;
    }
    this.#calm += 1;
    if (this.#calm === this.#every) {
      this.#scale *= this.#growth;
      this.#calm = 0;
    }
    return false;
  }

  state(): LossScalerState {
    return { scale: this.#scale, calm: this.#calm };
  }

  restore({ scale, calm }: LossScalerState): void {
    this.#scale = scale;
    this.#calm = calm;
  }
}
