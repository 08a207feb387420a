/** Random streams: the default one of each device, and ones of your own. Their whole state can be saved and restored. */

import { addon } from "./addon.js";
import type { Device } from "./dtype.js";
import { Tensor } from "./tensor.js";

/** Seeds the default stream of every device. */
export function manualSeed(seed: number): void {
  addon.manualSeed(seed);
}

export class Generator {
  readonly handle: number;

  private constructor(handle: number) {
    this.handle = handle;
  }

  /** A stream of its own. */
  static seeded(seed: number, { device = "cpu" }: { device?: Device } = {}): Generator {
    const generator = new Generator(addon.newGenerator(device));
    addon.seedGenerator(generator.handle, seed);
    return generator;
  }

  /** The stream that operators use when none is named. */
  static default({ device = "cpu" }: { device?: Device } = {}): Generator {
    return new Generator(addon.defaultGenerator(device));
  }

  seed(seed: number): this {
    addon.seedGenerator(this.handle, seed);
    return this;
  }

  /** The whole state, uint8. */
  state(): Tensor {
    return new Tensor(addon.generatorState(this.handle));
  }

  /** Goes on exactly where `state()` was taken. */
  restore(state: Tensor): this {
    addon.restoreGenerator(this.handle, state.handle);
    return this;
  }

  dispose(): void {
    addon.disposeGenerator(this.handle);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
