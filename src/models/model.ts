/** What every model of ours is: images in, logits and the intermediates that were asked for out, and facts about itself. */

import { hashTensors } from "../checkpoint/index.js";
import { type Layer, Module } from "../nn/index.js";
import { noGrad, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

// B images, C channels, P prefix tokens (class, distillation), N patches, D embedding width

/** How pictures become what the model was made for. */
export interface InputSpec {
  readonly size: number;
  readonly channels: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** The share of the resized picture that the centre crop keeps at evaluation. */
  readonly crop: number;
  readonly interpolation: "bicubic" | "bilinear";
}

/** What a tap holds: patches down and across, and the channels of each. */
export interface TapShape {
  readonly grid: readonly [number, number];
  readonly width: number;
}

/** A model's facts, known before its weights are made. */
export interface ModelInfo {
  readonly name: string;
  readonly family: string;
  readonly embedDim: number;
  readonly depth: number;
  readonly numClasses: number;
  readonly inChannels: number;
  /** Of `Output.heads`, in the order of their tokens; `class` always. */
  readonly heads: readonly string[];
  /** Tokens in front of the patches in every tap. */
  readonly prefixTokens: number;
  /** Patches down and across, in the last layer. */
  readonly grid: readonly [number, number];
  readonly input: InputSpec;
  /** The intermediates that may be asked for. */
  readonly taps: Readonly<Record<string, TapShape>>;
  /** The taps that a layer map's numbers count: one for each block, or for each stage where there are no others. */
  readonly layers: readonly string[];
}

/** A tap `name.i` for each layer. */
export function layerTaps(name: string, shapes: readonly TapShape[]): Pick<ModelInfo, "taps" | "layers"> {
  const taps = Object.fromEntries(shapes.map((shape, i) => [`${name}.${i}`, shape]));
  return { taps, layers: Object.keys(taps) };
}

export interface ForwardOptions {
  /** Intermediates to return, in this order. */
  taps?: readonly string[];
  /** Whether to say where the class token looks. Of models that `givesSaliency`. */
  saliency?: boolean;
  /** The patches to look at, [B, k] int64, rising, each picture's own; the others are not there. All unless given. Of models that `takesPatches`. */
  patches?: Tensor | null;
}

export interface Output {
  /** The mean of the heads at evaluation, the class head in training. */
  logits: Tensor; // [B, classes]
  heads: Record<string, Tensor>; // each [B, classes]
  taps: Tensor[]; // each [B, P + N, D]; where patches were given, of those alone
  /** Where asked for: the class token's attention to each patch in the last block, mean over heads, before dropout. float32, no gradient. */
  saliency?: Tensor; // [B, N]
  /** Those that were given. */
  patches?: Tensor; // [B, k]
}

/** What every factory understands, whatever the family. */
export interface CommonOptions {
  name?: string;
  imgSize?: number;
  inChannels?: number;
  numClasses?: number;
  /** Dropout after the position embedding, in the projections and in the MLPs. */
  drop?: number;
  /** Stochastic depth: the chance that a block's branch is left out of a sample. */
  dropPath?: number;
  input?: Partial<InputSpec>;
}

/** Options without those that are undefined, so that spreading them keeps the defaults. */
export const given = <O extends object>(options: O): O =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;

export abstract class Model extends Module {
  abstract readonly info: ModelInfo;
  abstract forward(images: Tensor /* [B, C, H, W] */, options?: ForwardOptions): Output;

  /** Whether `forward` says, when asked, where its class token looks. */
  get givesSaliency(): boolean {
    return false;
  }

  /** Whether `forward` can look at some of the patches, and is the cheaper for it. */
  get takesPatches(): boolean {
    return false;
  }

  /** SHA-256 of what its answers depend on besides the pictures. */
  fingerprint(): string {
    return hashTensors(this.stateDict());
  }

  /** The published checkpoint's keys and shapes in ours. */
  convertWeights(weights: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
    return weights;
  }
}

/** Takes the intermediates that were asked for as the forward pass gives birth to them. */
export class Taps {
  readonly #found = new Map<string, Tensor>();
  readonly #wanted: Omit<ForwardOptions, "taps">;
  #saliency: Tensor | undefined;

  constructor(
    readonly asked: readonly string[],
    info: ModelInfo,
    wanted: Omit<ForwardOptions, "taps"> = {},
  ) {
    this.#wanted = wanted;
    const known = Object.keys(info.taps);
    const unknown = asked.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new UserError("ERR_UNKNOWN_TAP", `${info.name} has no tap "${unknown}". It has ${known.join(", ")}.`);
  }

  /** Gives `value` back, so that a tap is named in the line that makes it. */
  keep(name: string, value: Tensor): Tensor {
    if (this.asked.includes(name)) this.#found.set(name, value);
    return value;
  }

  /** A map's positions as tokens. */
  keepMap(name: string, map: Tensor /* [B, D, h, w] */): Tensor {
    if (this.asked.includes(name)) this.keep(name, map.flatten({ startDim: 2 }).transpose(1, 2)); // [B, h·w, D]
    return map;
  }

  /** Through blocks, each a tap `name.i`. The stream between two is freed at once: autograd holds what it needs. */
  through(blocks: readonly Layer[], x: Tensor, name = "blocks"): Tensor {
    return blocks.reduce((stream, block, i) => {
      const next = this.keep(`${name}.${i}`, stream.pipe(block));
      if (!this.asked.includes(`${name}.${i - 1}`)) stream.dispose();
      return next;
    }, x);
  }

  /** Where the class token looks; made only if asked for. */
  keepSaliency(make: () => Tensor /* [B, N] */): void {
    if (this.#wanted.saliency) this.#saliency = tidy(() => noGrad(make));
  }

  /** What of an output the forward pass met on its way. */
  found(): Pick<Output, "taps" | "saliency" | "patches"> {
    const { patches } = this.#wanted;
    return { taps: this.inOrder(), ...(this.#saliency && { saliency: this.#saliency }), ...(patches && { patches }) };
  }

  inOrder(): Tensor[] {
    return this.asked.map((name) => this.#found.get(name)!);
  }
}
