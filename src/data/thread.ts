/** One thread of the crew: takes positions of an epoch, one after the other, and puts their pictures into place. It never loads the addon. */
import { setImmediate as breathe } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { type ErrorCode, errorCodes } from "../error-codes.js";
import { at, type FromThread, type Job, type ToThread } from "./crew.js";
import { fill, lengthOf, sizeOf } from "./filling.js";
import type { ImageOp, OpSpec } from "./image.js";
import { openPictures } from "./pictures.js";
import type { PrepareOptions } from "./prepare.js";

/** What is no error of ours is a slip: it ends the job, as a lost thread does. */
const codeOf = ({ code = "" }: Error & { code?: string }): ErrorCode =>
  Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "ERR_DATA_WORKER";

const HANDS = 2; // pictures under way at once: while libvips decodes one, another is augmented

/** Works until it is told to leave. `make` gives the op that a spec describes. */
export function serve(make: (specs: readonly OpSpec[]) => ImageOp): void {
  const port = parentPort!;
  const waiting = new Map<number, () => void>(); // jobs whose next slot is in use
  const tell = (message: FromThread) => port.postMessage(message);

  port.on("message", (message: ToThread) => {
    if (message.kind === "leave") port.close();
    if (message.kind === "job")
      work(message.job).catch((error: Error) =>
        tell({ kind: "failed", id: message.job.id, code: codeOf(error), message: error.message }),
      );
    if (message.kind === "more") wake(message.id);
  });

  function wake(id: number): void {
    waiting.get(id)?.();
    waiting.delete(id);
  }

  async function work(job: Job): Promise<void> {
    const { source, n, channels, specs, seed } = job;
    const options = { reader: openPictures(source), n, channels, seed, augment: make(specs) };
    await Promise.all(Array.from({ length: HANDS }, () => hand(job, options)));
  }

  async function hand(job: Job, options: PrepareOptions): Promise<void> {
    const { id, plan, state, slots } = job;
    const { batchSize, order, shape, to } = plan;
    const end = Math.min(order.length, to * batchSize);
    for (;;) {
      await breathe(); // messages come in between pictures
      const position = Atomics.add(state, at.next, 1);
      if (position >= end || !(await hasRoom(job, position))) return;
      const batch = Math.floor(position / batchSize);
      const slot = batch % slots;
      const first = slot * batchSize;
      const into = {
        images: job.images.subarray(first * sizeOf(shape), (first + batchSize) * sizeOf(shape)),
        taken: job.taken.subarray(first, first + batchSize),
      };
      const bad = await fill(options, plan, position, into, position - batch * batchSize);
      if (bad.length > 0) tell({ kind: "bad", id, batch, bad: bad.map((one) => ({ ...one, position })) });
      Atomics.add(state, at.bad(slot), bad.length);
      if (Atomics.add(state, at.done(slot), 1) + 1 === lengthOf(plan, batch)) tell({ kind: "full", id, batch });
    }
  }

  /** Waits until the position's slot is free; false when nothing is wanted any more. */
  async function hasRoom({ id, state }: Job, position: number): Promise<boolean> {
    while (Atomics.load(state, at.over) === 0) {
      if (position < Atomics.load(state, at.limit)) return true;
      await new Promise<void>((resolve) => {
        const before = waiting.get(id);
        waiting.set(id, () => (before?.(), resolve()));
      });
    }
    return false;
  }
}
