/**
 * Batches filled by worker threads. Each batch is a slot of a ring in shared memory: threads take the next position of the epoch, decode
 * and augment its picture, and write it to its place; the numbers do not depend on which thread did. They run ahead by the length of the
 * ring and then wait, so that memory is bounded however long a training step takes. The threads are shared by all loaders of the
 * process, never keep it alive, and leave when nothing has been asked for in a while.
 */
import { Worker } from "node:worker_threads";
import type { ErrorCode } from "../error-codes.js";
import { DataError } from "./error.js";
import { type Filled, type Filler, lengthOf, type Plan, sizeOf } from "./filling.js";
import type { OpSpec } from "./image.js";
import type { PictureSource } from "./pictures.js";
import type { Bad } from "./prepare.js";
import { shared } from "./shared.js";

/** What a thread is told of a job. Typed arrays are shared. */
export interface Job {
  readonly id: number;
  readonly source: PictureSource;
  readonly n: number;
  readonly channels: number;
  readonly specs: readonly OpSpec[];
  readonly seed: number;
  readonly plan: Plan;
  readonly slots: number;
  readonly images: Float32Array; // [slots, B, C, H, W]
  readonly taken: Int32Array; // [slots, B]
  readonly state: Int32Array; // see `at`
}

/** Where things stand in a job's state. */
export const at = {
  next: 0, // the position that nobody has taken yet
  limit: 1, // the position that must wait for its slot
  over: 2, // 1 once no more is wanted
  done: (slot: number) => 3 + 2 * slot, // pictures in place
  bad: (slot: number) => 4 + 2 * slot, // unusable pictures met, each sent as a message before it is counted
};

export type ToThread = { kind: "job"; job: Job } | { kind: "more"; id: number } | { kind: "leave" };

export type FromThread =
  | { kind: "full"; id: number; batch: number }
  | { kind: "bad"; id: number; batch: number; bad: readonly (Bad & { position: number })[] }
  | { kind: "failed"; id: number; code: ErrorCode; message: string };

const SLOTS = 3; // one in use, two ahead
const IDLE = 10_000; // milliseconds until threads leave

// what a thread leaves behind are small objects that own whole pictures: a small nursery frees them soon, and without a full collection
const resourceLimits = { maxYoungGenerationSizeMb: 3 };

let threads: Worker[] = [];
let leaving: NodeJS.Timeout | undefined;
let jobs = 0;
const running = new Map<number, Ring>();

/** A ring's memory, kept from epoch to epoch; `spare` while nobody writes there. */
export interface RingMemory {
  spare?: Float32Array;
}

export interface CrewOptions {
  workers: number;
  memory: RingMemory;
  source: PictureSource;
  n: number;
  channels: number;
  specs: readonly OpSpec[];
  seed: number;
}

/** The plan's batches, filled by so many threads. */
export function fillByThreads({ workers, memory, ...given }: CrewOptions, plan: Plan): Filler {
  const job = { ...given, source: shared(given.source), plan: { ...plan, order: shared(plan.order) } };
  return new Ring(enlist(workers), memory, job);
}

class Ring implements Filler {
  readonly #crew: readonly Worker[];
  readonly #memory: RingMemory;
  readonly #job: Job;
  readonly #bad = new Map<number, (Bad & { position: number })[]>(); // by batch
  #wake = () => {}; // whoever waits for news
  #failure: Error | undefined;
  #isDone = false; // no thread writes any more

  constructor(
    crew: readonly Worker[],
    memory: RingMemory,
    given: Pick<Job, "source" | "n" | "channels" | "specs" | "seed" | "plan">,
  ) {
    const { batchSize, shape, from } = given.plan;
    this.#crew = crew;
    this.#memory = memory;
    this.#job = {
      ...given,
      id: ++jobs,
      slots: SLOTS,
      images: memory.spare ?? new Float32Array(new SharedArrayBuffer(4 * SLOTS * batchSize * sizeOf(shape))),
      taken: new Int32Array(new SharedArrayBuffer(4 * SLOTS * batchSize)),
      state: new Int32Array(new SharedArrayBuffer(4 * at.done(SLOTS))),
    };
    memory.spare = undefined;
    this.#job.state[at.next] = from * batchSize;
    this.#job.state[at.limit] = (from + SLOTS) * batchSize;
    running.set(this.#job.id, this);
    this.#tell({ kind: "job", job: this.#job });
  }

  async batch(index: number): Promise<Filled> {
    const { plan, state, slots, images, taken, id } = this.#job;
    const { batchSize, shape } = plan;
    const [slot, length] = [index % slots, lengthOf(plan, index)];
    Atomics.store(state, at.limit, (index + slots) * batchSize);
    this.#tell({ kind: "more", id });
    const isFull = () =>
      Atomics.load(state, at.done(slot)) === length && Atomics.load(state, at.bad(slot)) === (this.#bad.get(index)?.length ?? 0);
    await this.#until(isFull);
    this.#isDone = index + 1 === plan.to;
    Atomics.store(state, at.done(slot), 0);
    Atomics.store(state, at.bad(slot), 0);
    const bad = (this.#bad.get(index) ?? []).sort((a, b) => a.position - b.position);
    this.#bad.delete(index);
    const first = slot * batchSize;
    return {
      images: images.subarray(first * sizeOf(shape), (first + length) * sizeOf(shape)),
      taken: taken.subarray(first, first + length),
      bad,
    };
  }

  close(): void {
    Atomics.store(this.#job.state, at.over, 1);
    if (this.#isDone) this.#memory.spare = this.#job.images;
    this.#tell({ kind: "more", id: this.#job.id });
    running.delete(this.#job.id);
    if (running.size === 0) leaving = setTimeout(dismissWorkers, IDLE).unref();
  }

  hear(message: FromThread): void {
    if (message.kind === "failed") this.#failure ??= new DataError(message.code, message.message);
    if (message.kind === "bad") this.#bad.set(message.batch, [...(this.#bad.get(message.batch) ?? []), ...message.bad]);
    this.#wake();
  }

  has(thread: Worker): boolean {
    return this.#crew.includes(thread);
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  #tell(message: ToThread): void {
    for (const thread of this.#crew) thread.postMessage(message);
  }

  /** Waits for threads, which do not keep the process alive by themselves. */
  async #until(isTrue: () => boolean): Promise<void> {
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      while (!this.#failure && !isTrue()) await new Promise<void>((resolve) => (this.#wake = resolve));
    } finally {
      clearInterval(alive);
    }
    if (this.#failure) throw this.#failure;
  }
}

/** So many of the process's threads, started if there are not enough yet. */
function enlist(count: number): Worker[] {
  clearTimeout(leaving);
  while (threads.length < count) threads.push(startThread());
  return threads.slice(0, count);
}

function startThread(): Worker {
  const thread = start();
  thread.on("message", (message: FromThread) => running.get(message.id)?.hear(message));
  thread.on("error", (error) => lose(thread, downfall(error)));
  thread.on("exit", (code) => lose(thread, lost(`A data worker ended with exit code ${code}.`)));
  thread.unref(); // last, for a listener refs
  return thread;
}

// the augmentations are behind us in the order of imports, so their thread is known by its place; where our own sources run as
// TypeScript (tests, tools), a thread must be told how to read them
function start(): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  const entry = new URL(`../augment/worker.${isSource ? "ts" : "js"}`, import.meta.url);
  if (!isSource) return new Worker(entry, { resourceLimits });
  const load = `import("tsx/esm/api").then(({ register }) => (register(), import(${JSON.stringify(entry)})))`;
  return new Worker(load, { eval: true, execArgv: [], resourceLimits });
}

/** A thread that is gone takes its work with it: what waits for it is told. */
function lose(thread: Worker, error: DataError): void {
  if (!threads.includes(thread)) return;
  threads = threads.filter((other) => other !== thread);
  for (const ring of running.values()) if (ring.has(thread)) ring.fail(error);
}

const lost = (message: string, cause?: Error): DataError => new DataError("ERR_DATA_WORKER", message, { cause });

/** What ended a thread, and what to do about it. */
export function downfall(error: Error & { code?: string }): DataError {
  if (error.code !== "ERR_WORKER_OUT_OF_MEMORY") return lost(`A data worker broke down: ${error.message}`, error);
  return lost(
    "A data worker ran out of memory: take fewer workers or a smaller batchSize, or look for an augmentation that keeps pictures.",
    error,
  );
}

/** Ends the process's data workers; they leave by themselves a while after the last batch. Resolves when they are gone. */
export async function dismissWorkers(): Promise<void> {
  const left = threads;
  threads = [];
  clearTimeout(leaving);
  for (const ring of running.values()) ring.fail(lost("The data workers were dismissed."));
  await Promise.all(left.map(leave));
}

const GRACE = 5000; // milliseconds for the pictures at hand

function leave(thread: Worker): Promise<void> {
  thread.postMessage({ kind: "leave" } satisfies ToThread);
  const force = setTimeout(() => thread.terminate(), GRACE);
  return new Promise((resolve) => thread.once("exit", () => (clearTimeout(force), resolve())));
}
