/**
 * A network that others wrote, as a frozen teacher: it has no parameters here and cannot be trained. What its file does not say about
 * pictures is said in options, or assumed aloud.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { hashFile } from "../../checkpoint/index.js";
import { type Device, noGrad, type Tensor, tidy } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import { checkImages } from "../inputs.js";
import { type ForwardOptions, type InputSpec, Model, type ModelInfo, type Output, Taps } from "../model.js";
import { runInPieces } from "./pieces.js";
import type { Program } from "./program.js";
import { inWords, type Survey, survey } from "./survey.js";
import { type ForeignTap, tokensOf } from "./tap.js";

// B images, C channels, S image size, P prefix tokens, N patches, D width

export interface ForeignOptions {
  /** The file's own unless told. */
  name?: string;
  /** Taps by the names that methods know them by, or a list of the file's own names. None unless told. */
  taps?: Readonly<Record<string, string | ForeignTap>> | readonly string[];
  /** The output with the answers, [B, classes]: "logits", or the only one of that rank, unless told. */
  logits?: string;
  /** What the file does not say: mean and std always (ImageNet's, aloud, unless told), the size where it is open. */
  input?: Partial<InputSpec>;
  /** How many pictures it takes at once, where that is fixed and the file does not say so. */
  batch?: number;
  /** Hears what was assumed, in words that follow the teacher's name; stderr unless given. */
  note?: (sentence: string) => void;
}

export class ForeignTeacher extends Model {
  readonly info: ModelInfo;
  readonly #program: Program;
  readonly #survey: Survey;
  #runsThere = true; // where the pictures are

  /** Takes the program over, and runs it once, on blank pictures. */
  constructor(program: Program, options: ForeignOptions = {}) {
    super();
    const { name = basename(program.file), note = (sentence) => console.warn(`${name}: ${sentence}.`) } = options;
    this.#program = program;
    this.#survey = survey(program, options, note);
    this.info = infoOf(name, program, this.#survey);
  }

  /** Of its file's weights, none of which is a parameter here. */
  override parameterCount(): number {
    return this.#program.parameterCount;
  }

  forward(images: Tensor /* [B, C, S, S] */, { taps = [] }: ForwardOptions = {}): Output {
    const { logits, taps: facts, shapes, input } = this.#survey;
    return tidy(() => {
      checkImages(images, input);
      const tapped = new Taps(taps, this.info);
      const wanted = [...new Set([logits, ...taps.map((name) => facts.get(name)!.output)])];
      const results = inWords(this.#program, input, images.shape[0], () => this.#run(images, wanted));
      for (const [name, result] of results)
        checkShape(result, { name, shape: shapes.get(name)!, images, file: this.#program.file });
      for (const name of taps) {
        const tap = facts.get(name)!;
        tapped.keep(name, tokensOf(results.get(tap.output)!, tap, this.info.prefixTokens));
      }
      const answers = results.get(logits)!; // [B, classes]
      return { logits: answers, heads: { class: answers }, taps: tapped.inOrder() };
    });
  }

  /** float32, where the pictures are. */
  #run(images: Tensor, wanted: readonly string[]): Map<string, Tensor> {
    const { device } = images;
    const near = images.to({ dtype: "float32", device: this.#runsThere ? device : "cpu" });
    const results = noGrad(() => runInPieces(this.#program, near, wanted, this.#survey.batch));
    return new Map(wanted.map((name) => [name, results.get(name)!.to({ dtype: "float32", device })]));
  }

  /** Of its file, and of what is taken from it. */
  override fingerprint(): string {
    const { logits, taps } = this.#survey;
    const taken = JSON.stringify([hashFile(this.#program.file), logits, [...taps]]);
    return createHash("sha256").update(taken).digest("hex");
  }

  override to({ device }: { device?: Device }): this {
    if (device !== undefined) this.#runsThere = this.#program.to(device);
    return this;
  }

  override dispose(): void {
    this.#program.dispose();
  }
}

function infoOf(name: string, { format }: Program, { input, numClasses, taps }: Survey): ModelInfo {
  const facts = [...taps.values()];
  const { grid, width } = facts.at(-1) ?? { grid: [0, 0] as const, width: 0 };
  return {
    name,
    family: format,
    embedDim: width,
    depth: facts.length,
    numClasses,
    inChannels: input.channels,
    heads: ["class"],
    prefixTokens: facts.length === 0 ? 0 : Math.min(...facts.map(({ prefixTokens }) => prefixTokens)),
    grid,
    input,
    taps: Object.fromEntries([...taps].map(([tap, { grid, width }]) => [tap, { grid, width }])),
    layers: [...taps.keys()],
  };
}

interface Expected {
  name: string;
  /** As it was on blank pictures. */
  shape: readonly number[];
  images: Tensor;
  file: string;
}

/** A program whose results change their shapes with what it sees is no teacher. */
function checkShape(result: Tensor, { name, shape, images, file }: Expected): void {
  const wanted = [images.shape[0], ...shape.slice(1)];
  if (result.shape.join() === wanted.join()) return;
  throw new UserError("ERR_IMPORTED_MODEL", `gave "${name}" as [${result.shape}], and [${wanted}] was expected`, { where: file });
}
