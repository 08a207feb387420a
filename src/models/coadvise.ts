/**
 * The student of Co-advise: a ViT with a token for each teacher, and stems of the teachers' own kinds, convolution and
 * involution. Ren et al., CVPR 2022. https://arxiv.org/abs/2106.12378
 */

import { BatchNorm2d, Conv2d, Dropout, type Layer, LayerNorm, Linear, Module, Relu, Sequential } from "../nn/index.js";
import { cat, type Parameter, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { initialiseLinears, learnedTokens } from "./initialise.js";
import { checkImages, inputSpec } from "./inputs.js";
import { type CommonOptions, type ForwardOptions, given, layerTaps, Model, type ModelInfo, type Output, Taps } from "./model.js";
import { PatchEmbed, projectPatches } from "./patch-embed.js";
import { rednetStem } from "./rednet.js";
import { type Block, blocksOf, prefixAfter } from "./vit.js";

// B images, C channels, S image size, T teacher tokens, P = 1 + T prefix tokens, N patches, D embedding width

export interface CoadviseOptions extends CommonOptions {
  patchSize?: number;
  embedDim?: number;
  depth?: number;
  heads?: number;
  mlpRatio?: number;
  attnDrop?: number;
  /** What the patches come from; the patches of two stems are added. `patch` is ViT's plain projection. */
  stem?: "conv+inv" | "conv" | "inv" | "patch";
  /** The step of a stem's first convolution: 2, or 1 for small pictures. It divides the patch size. */
  stemStride?: number;
  /** Channels of a stem's map. */
  stemWidth?: number;
  /** A token and a head for each teacher. A token named as a stem is the mean of that stem's patches, any other is learned. */
  tokens?: readonly string[];
}

const defaults = {
  name: "coadvise",
  imgSize: 224,
  inChannels: 3,
  numClasses: 1000,
  drop: 0,
  dropPath: 0,
  patchSize: 16,
  embedDim: 384,
  depth: 12,
  heads: 6,
  mlpRatio: 4,
  attnDrop: 0,
  stem: "conv+inv",
  stemStride: 2,
  stemWidth: 64,
  tokens: ["conv", "inv"] as readonly string[],
};

export function coadviseInfo(options: CoadviseOptions): ModelInfo {
  const { name, imgSize, inChannels, numClasses, patchSize, embedDim, depth, tokens } = { ...defaults, ...given(options) };
  const grid = [imgSize / patchSize, imgSize / patchSize] as const;
  return {
    name,
    family: "coadvise",
    embedDim,
    depth,
    numClasses,
    inChannels,
    heads: ["class", ...tokens],
    prefixTokens: 1 + tokens.length,
    grid,
    input: inputSpec({ imgSize, inChannels, input: options.input }),
    ...layerTaps("blocks", Array(depth).fill({ grid, width: embedDim })),
  };
}

interface StemOptions {
  imgSize: number;
  patchSize: number;
  inChannels: number;
  embedDim: number;
  stemStride: number;
  stemWidth: number;
}

/** The layers' map in patches that do not overlap, each projected to a token. */
const projection = ({ patchSize, embedDim, stemStride, stemWidth }: StemOptions): Conv2d =>
  new Conv2d(stemWidth, embedDim, patchSize / stemStride, { stride: patchSize / stemStride });

class ConvStem extends Module {
  readonly conv: Sequential;
  readonly proj: Conv2d;

  constructor(options: StemOptions) {
    super();
    const { inChannels, stemStride: stride, stemWidth: width } = options;
    this.conv = new Sequential(
      ...[new Conv2d(inChannels, width, 7, { stride, padding: 3, bias: false }), new BatchNorm2d(width), new Relu()],
      ...[new Conv2d(width, width, 3, { padding: 1, bias: false }), new BatchNorm2d(width), new Relu()],
      ...[new Conv2d(width, width, 3, { padding: 1, bias: false }), new BatchNorm2d(width), new Relu()],
    );
    this.proj = projection(options);
  }

  forward(images: Tensor /* [B, C, S, S] */): Tensor {
    return tidy(() => projectPatches(images.pipe(this.conv), this.proj)); // [B, N, D]
  }
}

class InvolutionStem extends Module {
  readonly stem: Sequential;
  readonly proj: Conv2d;

  constructor(options: StemOptions) {
    super();
    this.stem = rednetStem(options.inChannels, options.stemWidth, { stride: options.stemStride });
    this.proj = projection(options);
  }

  forward(images: Tensor /* [B, C, S, S] */): Tensor {
    return tidy(() => projectPatches(images.pipe(this.stem), this.proj)); // [B, N, D]
  }
}

const stemKinds: Record<string, (options: StemOptions) => Layer> = {
  conv: (options) => new ConvStem(options),
  inv: (options) => new InvolutionStem(options),
  patch: (options) => new PatchEmbed(options),
};

export class Coadvise extends Model {
  readonly info: ModelInfo;
  readonly clsToken: Parameter; // [1, 1, D]
  readonly posEmbed: Parameter; // [1, P + N, D]
  /** Of the teachers that have no stem. */
  readonly teacherTokens: Parameter | null; // [1, ≤ T, D]
  readonly posDrop: Dropout;
  readonly blocks: Block[];
  readonly norm: LayerNorm;
  readonly head: Linear;
  readonly tokens: readonly string[];
  readonly stems: ReadonlyMap<string, Layer>;
  readonly tokenHeads: ReadonlyMap<string, Linear>;

  constructor(options: CoadviseOptions = {}) {
    super();
    const full = { ...defaults, ...given(options) };
    const { embedDim, numClasses, tokens } = full;
    const stems = full.stem.split("+");
    check(full, stems);
    this.info = coadviseInfo(options);
    const { grid, prefixTokens } = this.info;
    const learned = tokens.filter((token) => !stems.includes(token)).length;
    this.clsToken = learnedTokens([1, 1, embedDim]);
    this.posEmbed = learnedTokens([1, prefixTokens + grid[0] * grid[1], embedDim]);
    this.teacherTokens = learned > 0 ? learnedTokens([1, learned, embedDim]) : null;
    this.posDrop = new Dropout(full.drop);
    this.blocks = blocksOf(full);
    this.norm = new LayerNorm(embedDim, { eps: 1e-6 });
    this.head = new Linear(embedDim, numClasses);
    this.tokens = tokens;
    this.stems = new Map(stems.map((stem) => [stem, stemKinds[stem](full)]));
    this.tokenHeads = new Map(tokens.map((token) => [token, new Linear(embedDim, numClasses)]));
    initialiseLinears(this);
  }

  /** Stems and heads stand at the end, as `conv_embed` and `head_conv`. */
  protected override fields(): [string, unknown][] {
    const stems = [...this.stems].map(([name, stem]): [string, unknown] => [`${name}_embed`, stem]);
    const heads = [...this.tokenHeads].map(([name, head]): [string, unknown] => [`head_${name}`, head]);
    return [...super.fields(), ...stems, ...heads];
  }

  override get givesSaliency(): boolean {
    return true;
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [], saliency = false }: ForwardOptions = {}): Output {
    checkImages(images, this.info.input);
    return tidy(() => {
      const tapped = new Taps(taps, this.info, { saliency });
      const prefix = prefixAfter(this.blocks, this.#embed(images), this.info.prefixTokens, tapped).pipe(this.norm); // [B, P, D]
      return { ...this.#classify(prefix), ...tapped.found() };
    });
  }

  #embed(images: Tensor): Tensor {
    const ofStem = new Map([...this.stems].map(([name, stem]) => [name, images.pipe(stem)])); // each [B, N, D]
    const patches = [...ofStem.values()].reduce((sum, one) => sum.add(one)); // [B, N, D]
    const learned = this.teacherTokens?.split(1, { dim: 1 }) ?? []; // each [1, 1, D]
    const tokens = this.tokens.map((name) => ofStem.get(name)?.mean([1], { keepdim: true }) ?? learned.shift()!);
    const prefix = [this.clsToken, ...tokens].map((token) => token.expand([images.shape[0], -1, -1])); // each [B, 1, D]
    return cat([...prefix, patches], { dim: 1 })
      .add(this.posEmbed)
      .pipe(this.posDrop); // [B, P + N, D]
  }

  #classify(prefix: Tensor /* [B, P, D] */): Omit<Output, "taps"> {
    const all: [string, Linear][] = [["class", this.head], ...this.tokenHeads];
    const heads = Object.fromEntries(all.map(([name, head], i) => [name, prefix.select(1, i).pipe(head)])); // each [B, classes]
    if (this.training) return { logits: heads.class, heads };
    const sum = Object.values(heads).reduce((total, logits) => total.add(logits));
    return { logits: sum.div(all.length), heads };
  }
}

function check({ name, imgSize, patchSize, stemStride, tokens }: typeof defaults, stems: readonly string[]): void {
  const unknown = stems.find((stem) => !(stem in stemKinds));
  if (unknown !== undefined)
    throw new UserError("ERR_INVALID_OPTION", `${name} has no stem "${unknown}".`, {
      remedy: `Choose conv+inv, conv, inv or patch.`,
    });
  if (imgSize % patchSize !== 0)
    throw new UserError("ERR_MODEL_CONFIG", `Patches of ${patchSize} pixels do not divide images of ${imgSize}.`);
  if (patchSize % stemStride !== 0)
    throw new UserError("ERR_MODEL_CONFIG", `The stem's step of ${stemStride} pixels does not divide patches of ${patchSize}`, {
      remedy: "Choose stemStride: 1, or an even patch size.",
    });
  const odd = tokens.find((token, i) => !/^[a-z][a-z0-9]*$/.test(token) || token === "class" || tokens.indexOf(token) !== i);
  if (odd !== undefined)
    throw new UserError("ERR_INVALID_OPTION", `${name} cannot have a token "${odd}"`, {
      remedy: 'Give each teacher a token of its own name: small letters and digits, not "class".',
    });
}

export const coadvise = (options: CoadviseOptions = {}): Coadvise => new Coadvise(options);

// evaluated as DeiT was: the middle 224 pixels of 256
const at224 = { imgSize: 224, input: { crop: 0.875 } };

/** DeiT's three widths. */
export const coadviseVariants: Record<string, CoadviseOptions> = {
  coadvise_tiny: { ...at224, embedDim: 192, heads: 3 },
  coadvise_small: { ...at224, embedDim: 384, heads: 6 },
  coadvise_base: { ...at224, embedDim: 768, heads: 12 },
};
