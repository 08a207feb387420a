/** One seeded generator for all of data and augment: xoshiro128**, by Blackman and Vigna. https://prng.di.unimi.it */

import { DataError } from "./error.js";

/** What JSON carries of a generator. */
export type RngState = [number, number, number, number];

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** MurmurHash3's finaliser: every bit that goes in reaches every bit that comes out. */
function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** A part of a stream's name as 32-bit words; the first keeps `1` and `"1"` apart. */
function words(part: number | string): number[] {
  if (typeof part === "string") return [2, part.length, ...Array.from(part, (c) => c.codePointAt(0)!)];
  if (!Number.isSafeInteger(part))
    throw new DataError("ERR_INVALID_OPTION", `A random stream is named by whole numbers and strings, not by ${part}.`);
  return [1, part | 0, Math.floor(part / 2 ** 32) | 0];
}

export class Rng {
  #state: Int32Array;

  constructor(state: Readonly<RngState>) {
    this.#state = Int32Array.from(state);
  }

  /** An independent stream for every name, as in `Rng.from(seed, "augment", epoch, position)`. */
  static from(seed: number, ...parts: (number | string)[]): Rng {
    const state: RngState = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];
    for (const part of [seed, ...parts]) {
      for (const word of words(part)) {
        const mixed = scramble(word + 0x6d2b79f5);
        for (let lane = 0; lane < 4; lane++) state[lane] = (scramble(state[lane] ^ mixed) + 0x3c6ef372) | 0;
      }
    }
    return new Rng(state);
  }

  state(): RngState {
    return Array.from(this.#state, (word) => word >>> 0) as RngState;
  }

  restore(state: Readonly<RngState>): this {
    this.#state.set(state);
    return this;
  }

  /** 32 random bits. */
  bits(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    return ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Standard normal, by Box and Muller; the second value is not kept, so that four words are the whole state. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** Fills an array with standard normal values, both of each draw. */
  normals(out: Float32Array): void {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
      const angle = 2 * Math.PI * this.next();
      out[i] = radius * Math.cos(angle);
      out[i + 1] = radius * Math.sin(angle); // behind the last value of an odd length nothing is written
    }
  }

  gamma(shape: number): number {
    return Math.exp(this.#logGamma(shape));
  }

  /** Beta(a, b); from logarithms, because both gammas underflow when a and b are small. */
  beta(a: number, b = a): number {
    return 1 / (1 + Math.exp(-this.#logGamma(a) + this.#logGamma(b)));
  }

  shuffle<T extends unknown[] | Uint32Array>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swapped = items[i];
      items[i] = items[j];
      items[j] = swapped;
    }
    return items;
  }

  permutation(n: number): Uint32Array {
    return this.shuffle(Uint32Array.from({ length: n }, (_, i) => i));
  }

  /** Logarithm of a Gamma(shape, 1) value: Marsaglia and Tsang 2000, with their boost below 1. */
  #logGamma(shape: number): number {
    if (shape < 1) return this.#logGamma(shape + 1) + Math.log(1 - this.next()) / shape;
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
    }
  }
}
