/**
 * What the first step after a checkpoint did, on record beside it, so that a resume can be proven: the checkpoint and that step must give
 * the same terms, the same gradient norm and the same bits in every tensor. The step after the beginning is on record, too.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hashTensors, readSealed, type TensorGroups, writeSealed } from "../checkpoint/index.js";
import { tidy } from "../torch/index.js";
import { checkpointsOf } from "./checkpoints.js";
import { type Change, differences, showChange } from "./differences.js";
import { checkpointTensors, checkpointValues } from "./resume.js";
import type { RunFolder } from "./run-folder.js";
import type { Session, StepReport } from "./session.js";

/** A step, to the last bit. */
export interface StepRecord {
  step: number;
  terms: Record<string, number>;
  loss: number;
  gradNorm: number;
  lr: number;
  /** SHA-256 of every part of the state after it, tensors and the rest: student, extras, average, optimizer, random streams. */
  state: Record<string, string>;
}

export const recordOf = (session: Session, step: number, { terms, loss, gradNorm }: StepReport, lr: number): StepRecord =>
  tidy(() => ({
    step,
    terms,
    loss,
    gradNorm,
    lr,
    state: hashesOf(session),
  }));

function hashesOf(session: Session): Record<string, string> {
  const values = checkpointValues(session);
  const hash = (part: string, tensors: TensorGroups[string]) =>
    createHash("sha256").update(hashTensors(tensors)).update(JSON.stringify(values[part])).digest("hex");
  return Object.fromEntries(Object.entries(checkpointTensors(session)).map(([part, tensors]) => [part, hash(part, tensors)]));
}

/** The step on record after the one given (0: the beginning); null where there is none, or it is torn. */
export function readRecord(run: RunFolder, after: number): StepRecord | null {
  const path = pathOf(run, after);
  return existsSync(path) ? readSealed<StepRecord>(path) : null;
}

/** What differs, before and after as they are in a JSON file. */
export const compareRecords = (recorded: StepRecord, replayed: StepRecord): Change[] =>
  differences(recorded, JSON.parse(JSON.stringify(replayed)));

export class Witness {
  readonly #run: RunFolder;
  readonly #session: Session;
  /** The checkpoint whose next step is to be recorded. */
  #after: number | null;
  /** What that step was before the run was resumed. */
  #before: StepRecord | null;

  /** `repeats`: whether the run goes on as what it was, so that a step on record must come out as it did. */
  constructor(run: RunFolder, session: Session, { after, repeats }: { after: number; repeats: boolean }) {
    this.#run = run;
    this.#session = session;
    this.#after = after;
    this.#before = repeats ? readRecord(run, after) : null;
  }

  /** After a checkpoint was written. */
  saved(step: number): void {
    if (this.#after === step) return;
    this.#after = step;
    this.#before = null;
  }

  /** After a step. Returns a sentence if it did not repeat what is on record. */
  saw(step: number, report: StepReport, lr: number): string[] {
    if (this.#after === null || step !== this.#after + 1) return [];
    const after = this.#after;
    const [before, now] = [this.#before, recordOf(this.#session, step, report, lr)];
    this.#after = null;
    if (before === null) {
      writeSealed(pathOf(this.#run, after), now);
      this.#prune();
      return [];
    }
    const changes = compareRecords(before, now);
    if (changes.length === 0) {
      this.#run.log(`step ${step} repeats what is on record, bit for bit`);
      return [];
    }
    const shown = changes.map((each) => showChange(each)).join(", ");
    return [
      `Step ${step} did not come out as before this run was resumed: ${shown}. It goes on, but not bit for bit as it would have.`,
    ];
  }

  /** Records whose checkpoint is gone tell nothing. */
  #prune(): void {
    const kept = new Set([0, ...checkpointsOf(this.#run).map(({ step }) => step)].map((step) => pathOf(this.#run, step)));
    const found = readdirSync(this.#run.checkpoints).filter((name) => name.endsWith(SUFFIX));
    for (const path of found.map((name) => join(this.#run.checkpoints, name))) if (!kept.has(path)) rmSync(path, { force: true });
  }
}

const SUFFIX = ".next.json";

const pathOf = ({ checkpoints }: RunFolder, after: number): string =>
  join(checkpoints, `step-${String(after).padStart(8, "0")}${SUFFIX}`);
