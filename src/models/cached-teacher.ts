/**
 * A teacher that is asked once: what it said about a picture is kept on disk and given again when the very same picture comes.
 *
 * The key is SHA-256 over the pixels as the teacher sees them, after augmentation, mixing and its own colours and size: a flipped
 * or differently cut view is another picture, and is never given the features of the first (they are not mirror images: the
 * features of a flipped picture are not the flipped features). A folder belongs to one teacher's weights, precision, taps and
 * number of answers. What is given is what was stored, also the first time, so that a run does not depend on what it finds.
 *
 * Something is found again only where views come again: `data.views` in a recipe, or another run of the same seed.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { KEY_BYTES, RecordStore } from "../checkpoint/index.js";
import { type Device, type DType, ones, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { AnswerRecords } from "./answer-records.js";
import { type ForwardOptions, Model, type ModelInfo, type Output } from "./model.js";

// B pictures, C channels

export interface CacheOptions {
  /** The folder that the caches of all teachers lie in. */
  dir: string;
  /** How many answers to keep of each picture; all unless told. */
  topK?: number;
  /** Gigabytes after which nothing more is written. */
  most?: number;
}

/** How often a picture was known. */
export interface CacheCounts {
  found: number;
  asked: number;
}

const GIGABYTE = 1e9;

export class CachedTeacher extends Model {
  readonly info: ModelInfo;
  readonly teacher: Model;
  /** Where answers come from: the records, and the teacher for what they lack; or one of the two alone. */
  source: "both" | "records" | "teacher" = "both";
  readonly counts: CacheCounts = { found: 0, asked: 0 };
  readonly #dir: string;
  readonly #topK: number;
  readonly #most: number;
  readonly #open = new Map<string, { records: AnswerRecords; store: RecordStore }>();
  #weights: string | undefined;
  #isFull = false;

  constructor(teacher: Model, { dir, topK = teacher.info.numClasses, most = 100 }: CacheOptions) {
    super();
    if (!(Number.isInteger(topK) && topK > 0))
      throw new UserError("ERR_INVALID_OPTION", `topK is a whole number from 1 on, not ${topK}`);
    if (!(most > 0)) throw new UserError("ERR_INVALID_OPTION", `most is a number of gigabytes above 0, not ${most}`);
    this.teacher = teacher;
    this.info = teacher.info;
    this.#dir = dir;
    this.#topK = topK;
    this.#most = most * GIGABYTE;
  }

  forward(images: Tensor /* [B, C, H, W] */, { taps = [] }: ForwardOptions = {}): Output {
    if (this.training) throw new UserError("ERR_METHOD_CONTRACT", `${this.info.name} is cached, and answers only in eval mode`);
    const { records, store } = this.cache(taps, images.device);
    if (this.source === "teacher") return records.decode(this.#told(records, images, taps), images.device);
    const keys = keysOf(images);
    const known = keys.map((key) => store.read(key));
    if (this.source === "records") checkAll(known, store.dir);
    this.counts.found += known.filter((record) => record !== null).length;
    if (known.includes(null)) this.#ask(images, taps, { keys, known, records, store });
    return records.decode(known as Uint8Array[], images.device);
  }

  /** The records for these taps in the precision of the moment. */
  cache(taps: readonly string[], device: Device): { records: AnswerRecords; store: RecordStore } {
    const precision = precisionOf(device);
    const name = [precision, ...taps].join(" ");
    const known = this.#open.get(name);
    if (known) return known;
    const records = new AnswerRecords(this.info, { taps, topK: this.#topK });
    this.#weights ??= this.teacher.fingerprint();
    const about = { teacher: this.info.name, weights: this.#weights, precision, topK: this.#topK, taps: [...taps] };
    const folder = `${this.info.name}-${createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 12)}`;
    const opened = { records, store: new RecordStore(join(this.#dir, folder), { recordBytes: records.bytes, about }) };
    this.#open.set(name, opened);
    return opened;
  }

  /** Of the records that were opened last. */
  get folder(): string {
    return [...this.#open.values()].at(-1)?.store.dir ?? this.#dir;
  }

  /** The whole batch is asked where one picture is not known: in another batch the last digits may be others. */
  #ask(
    images: Tensor,
    taps: readonly string[],
    { keys, known, records, store }: { keys: Buffer[]; known: (Uint8Array | null)[]; records: AnswerRecords; store: RecordStore },
  ): void {
    const told = this.#told(records, images, taps);
    for (const [i, key] of keys.entries()) {
      if (known[i]) continue;
      known[i] = told[i];
      this.counts.asked += 1;
      this.#keep(store, key, told[i]);
    }
  }

  #told(records: AnswerRecords, images: Tensor, taps: readonly string[]): Uint8Array[] {
    return tidy(() => records.encode(this.teacher.forward(images, { taps })));
  }

  /** A cache that cannot grow is no reason to lose a run. */
  #keep(store: RecordStore, key: Buffer, record: Uint8Array): void {
    if (this.#isFull) return;
    const full = (store.count + 1) * store.recordBytes > this.#most ? `it has reached ${this.#most / GIGABYTE} GB` : appended();
    if (full === null) return;
    this.#isFull = true;
    process.emitWarning(`The cache of ${this.info.name} keeps nothing more: ${full}`);

    function appended(): string | null {
      try {
        store.append(key, record);
        return null;
      } catch (error) {
        return (error as Error).message;
      }
    }
  }

  override dispose(): void {
    for (const { store } of this.#open.values()) store.close();
    this.#open.clear();
    this.teacher.dispose(); // one from a file holds more than tensors
    super.dispose();
  }
}

/** A teacher whose answers are kept in a folder. Makes a function, as a recipe's `teachers` takes it. */
export const cached =
  (teacher: () => Model, options: CacheOptions): (() => CachedTeacher) =>
  () =>
    new CachedTeacher(teacher(), options);

function checkAll(known: readonly (Uint8Array | null)[], dir: string): void {
  const missing = known.filter((record) => record === null).length;
  if (missing === 0) return;
  throw new UserError("ERR_CACHE", `${missing} of ${known.length} pictures are not in the cache`, {
    where: dir,
    remedy: "vit-distill cache fill RECIPE asks the teacher for them.",
  });
}

/** What products are made in here and now: autocast decides, and the answers depend on it. */
const precisionOf = (device: Device): DType =>
  tidy(() => {
    const one = ones([1, 1], { device });
    return one.matmul(one).dtype;
  });

/** A key for each picture, of its dtype, shape and bytes. */
function keysOf(images: Tensor): Buffer[] {
  const [count, ...shape] = images.shape;
  const data = images.data();
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const each = bytes.length / count;
  const kind = `${images.dtype} ${shape.join("×")}`;
  return Array.from({ length: count }, (_, i) =>
    createHash("sha256")
      .update(kind)
      .update(bytes.subarray(i * each, (i + 1) * each))
      .digest()
      .subarray(0, KEY_BYTES),
  );
}
