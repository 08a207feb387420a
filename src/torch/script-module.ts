/** A TorchScript file: a program with its weights, run by libtorch's own interpreter. It has no gradient. https://pytorch.org/docs/stable/jit.html */

import { addon } from "./addon.js";
import type { Device } from "./dtype.js";
import { Tensor } from "./tensor.js";

const abandoned = new FinalizationRegistry<number>((handle) => addon.scriptDispose(handle));

export interface ScriptResult {
  /** By their places in what it returned: `0`, `1.hidden`; whatever is no tensor is left out. */
  outputs: Map<string, Tensor>;
  /** What the submodules returned that were asked for, in that order. */
  taps: Tensor[];
}

export class ScriptModule {
  #handle: number;
  /** As its program declares it: `forward(__torch__.Net self, Tensor x) -> Tensor`. */
  readonly schema: string;
  /** Submodules by their names, such as `blocks.0`. */
  readonly submodules: readonly string[];
  /** Elements of its parameters. */
  readonly parameterCount: number;

  /**
   * Reads a file of torch.jit.save, in evaluation mode. Its program comes with it: run only files from those you trust. libtorch checks
   * no checksum, and a damaged file may end the process: `torchScriptTeacher` looks first.
   */
  constructor(path: string) {
    this.#handle = addon.scriptLoad(path);
    abandoned.register(this, this.#handle, this);
    [this.schema, this.submodules, this.parameterCount] = addon.scriptFacts(this.#handle);
  }

  /** Runs its forward. A submodule's result is the one of its last call, as it was then. */
  forward(input: Tensor, { taps = [] }: { taps?: readonly string[] } = {}): ScriptResult {
    const [names, outputs, tapped] = addon.scriptForward(this.#handle, input.handle, taps);
    return {
      outputs: new Map(names.map((name, i) => [name, new Tensor(outputs[i])])),
      taps: tapped.map((handle) => new Tensor(handle)),
    };
  }

  to({ device }: { device: Device }): this {
    addon.scriptMove(this.#handle, device);
    return this;
  }

  /** Calling it again does nothing. */
  dispose(): void {
    abandoned.unregister(this);
    addon.scriptDispose(this.#handle);
    this.#handle = 0;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
