/**
 * What a teacher said about one picture as bytes, and back: answers in float32, whole or only the largest ones; taps in bfloat16.
 * Of answers that were cut, the probability that is left is spread evenly over the other classes, as in "A Fast Knowledge
 * Distillation Framework for Visual Recognition", https://arxiv.org/abs/2112.01528
 */

import { type Device, type Tensor, tensor, tidy } from "../torch/index.js";
import type { ModelInfo, Output } from "./model.js";

// B pictures, C classes, k answers kept, P prefix tokens, N patches, D width

export interface RecordForm {
  readonly taps: readonly string[];
  /** k, at most C. */
  readonly topK: number;
}

type Kept = Uint8Array<ArrayBuffer>;

export class AnswerRecords {
  readonly bytes: number;
  readonly #classes: number;
  readonly #topK: number;
  readonly #heads: readonly string[]; // those kept besides the logits
  readonly #taps: readonly { tokens: number; width: number }[];

  constructor({ numClasses, heads, prefixTokens, taps }: ModelInfo, { taps: asked, topK }: RecordForm) {
    this.#classes = numClasses;
    this.#topK = Math.min(topK, numClasses);
    this.#heads = heads.length > 1 ? heads : []; // one head's answers are the logits
    this.#taps = asked.map((name) => ({
      tokens: prefixTokens + taps[name].grid[0] * taps[name].grid[1],
      width: taps[name].width,
    }));
    const tapBytes = this.#taps.reduce((sum, { tokens, width }) => sum + 2 * tokens * width, 0);
    this.bytes = (1 + this.#heads.length) * this.#answerBytes + tapBytes;
  }

  get #isWhole(): boolean {
    return this.#topK === this.#classes;
  }

  get #answerBytes(): number {
    return this.#isWhole ? 4 * this.#classes : 8 * this.#topK + 4; // classes, answers, log Σ exp of all
  }

  /** One record a picture. */
  encode({ logits, heads, taps }: Output): Kept[] {
    return tidy(() => {
      const answers = [logits, ...this.#heads.map((head) => heads[head])].flatMap((answer) => this.#cut(answer));
      const tokens = taps.map((tap) => tap.detach().to({ dtype: "bfloat16" }));
      const columns = [...answers, ...tokens].map((tensor) => rowsOf(tensor));
      return Array.from({ length: logits.shape[0] }, (_, i) => joined(columns.map((rows) => rows(i)), this.bytes)); // biome-ignore format: one line
    });
  }

  /** The output for the pictures of these records, its taps in float32. */
  decode(records: readonly Uint8Array[], device: Device): Output {
    return tidy(() => {
      let at = 0;
      const column = (bytes: number): Kept => {
        const gathered = new Uint8Array(records.length * bytes);
        for (const [i, record] of records.entries()) gathered.set(record.subarray(at, at + bytes), i * bytes);
        at += bytes;
        return gathered;
      };
      const floats = (columns: number) =>
        tensor(new Float32Array(column(4 * columns).buffer), { shape: [records.length, columns], device });
      const answer = (): Tensor => {
        if (this.#isWhole) return floats(this.#classes); // [B, C]
        const classes = tensor(new Int32Array(column(4 * this.#topK).buffer), { shape: [records.length, this.#topK], device });
        return this.#spread(classes.to({ dtype: "int64" }), floats(this.#topK), floats(1)); // [B, C]
      };
      const logits = answer();
      const several = Object.fromEntries(this.#heads.map((head) => [head, answer()]));
      const taps = this.#taps.map(({ tokens, width }) => {
        const bits = new Uint16Array(column(2 * tokens * width).buffer);
        return tensor(bits, { shape: [records.length, tokens, width], dtype: "bfloat16", device }).to({ dtype: "float32" }); // [B, P + N, D]
      });
      return { logits, heads: this.#heads.length > 0 ? several : { class: logits }, taps };
    });
  }

  #cut(answer: Tensor): Tensor[] {
    const wide = answer.detach().to({ dtype: "float32" }); // [B, C]
    if (this.#isWhole) return [wide];
    const [largest, classes] = wide.topk(this.#topK); // [B, k]
    return [classes.to({ dtype: "int32" }), largest, wide.logsumexp([-1], { keepdim: true })];
  }

  #spread(classes: Tensor /* [B, k] */, largest: Tensor /* [B, k] */, all: Tensor /* [B, 1] */): Tensor {
    const left = largest.sub(all).exp().sum([-1], { keepdim: true }).neg().add(1).clamp({ min: 1e-30 }); // [B, 1]
    const other = left
      .div(this.#classes - this.#topK)
      .log()
      .add(all); // [B, 1]
    return other.expand([-1, this.#classes]).scatter(1, classes, largest); // [B, C]
  }
}

/** The bytes of each row. */
function rowsOf(rows: Tensor): (i: number) => Uint8Array {
  const data = rows.data();
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const each = bytes.length / rows.shape[0];
  return (i) => bytes.subarray(i * each, (i + 1) * each);
}

function joined(parts: readonly Uint8Array[], bytes: number): Kept {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
