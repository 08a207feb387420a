/** A TorchScript file, run by libtorch's own interpreter. */
import { basename, resolve } from "node:path";
import { checkZip, noteFileRead } from "../../checkpoint/index.js";
import { didYouMean } from "../../nearest.js";
import { type Device, ScriptModule, type Tensor, tidy } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import { type Program, type Slot, sentenceOf } from "./program.js";

export class ScriptProgram implements Program {
  readonly file: string;
  readonly format = "torchscript";
  /** The file does not tell. */
  readonly input: Slot = { name: "images", dtype: null, shape: null };
  readonly parameterCount: number;
  readonly script: ScriptModule;
  readonly #inner: readonly string[];
  #outputs: ReadonlySet<string> | undefined; // known once it has run

  /** With the results of `inner`, its submodules, beside its outputs. */
  constructor(file: string, { inner = [] }: { inner?: readonly string[] } = {}) {
    this.file = file;
    this.#inner = inner;
    this.script = open(file);
    this.parameterCount = this.script.parameterCount;
    noteFileRead(resolve(file));
  }

  /** Outputs are named by their places, `0` or `1.hidden`, submodules by their names; an output's name comes first. */
  run(images: Tensor, wanted = this.#inner): Map<string, Tensor> {
    this.#outputs ??= tidy(() => new Set(this.script.forward(images).outputs.keys()));
    const inner = wanted.filter((name) => !this.#outputs!.has(name));
    const unknown = inner.find((name) => !this.script.submodules.includes(name));
    if (unknown !== undefined) throw this.#noResult(unknown);
    const { outputs, taps } = this.script.forward(images, { taps: inner });
    return new Map([...outputs, ...taps.map((tap, i): [string, Tensor] => [inner[i], tap])]);
  }

  #noResult(name: string): UserError {
    const known = [...this.#outputs!, ...this.script.submodules];
    const advice = [didYouMean(name, known), `vit-distill info ${basename(this.file)} --all lists them.`];
    return new UserError("ERR_UNKNOWN_TAP", `has neither an output nor a submodule "${name}"`, {
      where: this.file,
      remedy: advice.filter(Boolean).join(" "),
    });
  }

  to(device: Device): boolean {
    this.script.to({ device });
    return true;
  }

  dispose(): void {
    this.script.dispose();
  }
}

/** libtorch checks no checksum, and a damaged byte may end the process in its parsers: whole files alone get there. */
function open(file: string): ScriptModule {
  try {
    checkZip(file);
    return new ScriptModule(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("ERR_IMPORTED_MODEL", `is no TorchScript that this libtorch can run: ${sentenceOf(error)}`, {
      where: file,
      remedy:
        "torch.jit.trace(model, pictures).save(FILE) writes one; weights alone (torch.save) go to a model of ours: NAME=FILE.",
      cause: error,
    });
  }
}
