/** An exponential moving average of a module's whole state, as timm's ModelEma. https://arxiv.org/abs/1703.01780 */

import { loadState, type Module, type StateDict } from "../nn/index.js";
import { _foreachAdd_, _foreachMul_, type Holder, noGrad, type Tensor, tidy, untracked } from "../torch/index.js";

export class Ema implements Holder {
  readonly decay: number;
  readonly #followed: StateDict;
  readonly #average: StateDict;

  /** Begins at the module's present state. */
  constructor(module: Module, { decay }: { decay: number }) {
    this.decay = decay;
    this.#followed = module.stateDict();
    this.#average = untracked(() => noGrad(() => new Map([...this.#followed].map(([key, value]) => [key, value.clone()]))));
  }

  /** After each step: average = decay · average + (1 − decay) · module. Counters are copied. */
  update(): void {
    const pairs = this.#pairs();
    const floating = pairs.filter(([average]) => average.dtype.includes("float"));
    const averages = floating.map(([average]) => average);
    noGrad(() => {
      _foreachMul_(averages, this.decay);
      _foreachAdd_(
        averages,
        floating.map(([, value]) => value),
        { alpha: 1 - this.decay },
      );
      for (const [average, value] of pairs) if (!average.dtype.includes("float")) average.copy_(value);
    });
  }

  /** Runs `fn`, which may be asynchronous, with the averages inside the module and puts the module's own values back. */
  async during<T>(fn: () => T | Promise<T>): Promise<T> {
    this.#swap();
    try {
      return await fn();
    } finally {
      this.#swap();
    }
  }

  stateDict(): StateDict {
    return new Map(this.#average);
  }

  loadStateDict(state: StateDict): void {
    loadState(this.#average, state, { strict: true });
  }

  tensors(): Tensor[] {
    return [...this.#average.values()];
  }

  dispose(): void {
    for (const tensor of this.tensors()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #pairs(): [average: Tensor, value: Tensor][] {
    return [...this.#average].map(([key, average]) => [average, this.#followed.get(key)!]);
  }

  #swap(): void {
    tidy(() =>
      noGrad(() => {
        for (const [average, value] of this.#pairs()) {
          const kept = value.clone();
          value.copy_(average);
          average.copy_(kept);
        }
      }),
    );
  }
}
