/** A network that others wrote and that comes as a file: what runs it, whatever the format. */

import type { Device, Tensor } from "../../torch/index.js";

import type { ForeignFormat } from "./format.js";

// B images, C channels, S image size

/** What a file declares of an input or output; null for an extent that it leaves open or a type that it does not tell. */
export interface Slot {
  readonly name: string;
  readonly dtype: string | null;
  readonly shape: readonly (number | null)[] | null;
}

export interface Program {
  readonly file: string;
  readonly format: ForeignFormat;
  /** What it takes, as far as its file says: [B, C, S, S]. */
  readonly input: Slot;
  /** Elements of its weights. */
  readonly parameterCount: number;
  /** Results by name: those that are wanted, or every output and what was asked for besides; an error where it cannot run on these. */
  run(images: Tensor /* [B, C, S, S] float32 */, wanted?: readonly string[]): Map<string, Tensor>;
  /** Where it runs from now on; false if it cannot run there, and the pictures have to come to it. */
  to(device: Device): boolean;
  dispose(): void;
}

/** The sentence in what a runtime says: without places in its own source, traces and the advice to its developers. */
export function sentenceOf(error: unknown): string {
  const text = (error as Error).message.replaceAll("\0", "");
  const said = text.split(/^[\w.]*(?:Error|Exception): |Status Message: |\(\) (?=[A-Z])/m).at(-1)!;
  const [line = ""] = said
    .replace(/^script\w+: /, "")
    .trim()
    .split("\n");
  return line.replace(/^\[enforce fail at [^\]]*\] \.?\s*|^\S+\.(?:h|cc|cpp):\d+ \S+ /, "").replace(/[.\s]+$/, "").slice(0, 300); // biome-ignore format: one row
}
