/** Random streams: the default one of each device, and ones of your own. Their whole state can be saved and restored. */

import { addon } from "./addon.js";
import type { Device } from "./dtype.js";
import { synchronous } from "./scope.js";
import { Tensor } from "./tensor.js";

/** Seeds the default stream of every device. */
export function manualSeed(seed: number): void {
  addon.manualSeed(seed);
}

export class Generator {
  /** The integer that libtorch's generator is known by; 0 once it was freed. */
  stream: number;
  readonly device: Device;

  private constructor(stream: number, device: Device) {
    this.stream = stream;
    this.device = device;
  }

  /** A stream of its own. */
  static seeded(seed: number, { device = "cpu" }: { device?: Device } = {}): Generator {
    const generator = new Generator(addon.newGenerator(device), device);
    addon.seedGenerator(generator.stream, seed);
    return generator;
  }

  /** The stream that operators use when none is named. */
  static default({ device = "cpu" }: { device?: Device } = {}): Generator {
    return new Generator(addon.defaultGenerator(device), device);
  }

  seed(seed: number): this {
    addon.seedGenerator(this.stream, seed);
    return this;
  }

  /** The whole state, uint8. */
  state(): Tensor {
    return new Tensor(addon.generatorState(this.stream));
  }

  /** Goes on exactly where `state()` was taken. */
  restore(state: Tensor): this {
    addon.restoreGenerator(this.stream, state.handle);
    return this;
  }

  /**
   * Runs `fn` with this stream in the place of its device's default one, for operators and modules that name none (dropout,
   * initialisers). This stream goes on by what was drawn; the default one is afterwards as it was.
   */
  asDefault<T>(fn: () => T): T {
    using standing = Generator.default({ device: this.device });
    using kept = standing.state();
    move(this, standing);
    try {
      return synchronous("asDefault", fn());
    } finally {
      move(standing, this);
      standing.restore(kept);
    }
  }

  /** Calling it again does nothing. */
  dispose(): void {
    addon.disposeGenerator(this.stream);
    this.stream = 0;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function move(from: Generator, to: Generator): void {
  using state = from.state();
  to.restore(state);
}
