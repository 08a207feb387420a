/** What happens to the steps of a run that could not be taken: each is told, the first few are captured, and too many in a row end it. */

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Batch } from "../../data/index.js";
import { tidy } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import type { Recipe } from "../recipe.js";
import type { RecipeSource } from "../resolved-recipe.js";
import type { FaultRow, RunFolder } from "../run-folder.js";
import type { Session } from "../session.js";
import type { Breach } from "./breach.js";
import { writeCapture } from "./capture.js";
import { type Fault, findFault } from "./fault.js";
import { remedyOf, sentenceOf } from "./sentence.js";

/** A step was left out. */
export interface FaultEvent {
  kind: "fault";
  step: number;
  fault: Fault;
  /** The same in words. */
  says: string;
  /** What `vit-distill replay` takes; null where it was not written, which the log explains. */
  file: string | null;
  /** Steps left out in a row, this one included, and how many may be. */
  inARow: number;
  most: number;
}

/** Files that a run keeps; later faults are told and logged alone. */
const MOST_FILES = 3;

export class Faults {
  readonly #session: Session;
  readonly #run: RunFolder;
  readonly #source: RecipeSource | null;
  readonly #most: number;
  #inARow: number;
  #last: FaultEvent | undefined;

  /** `inARow`: steps left out right before this one, where a run is resumed. */
  constructor(run: RunFolder, session: Session, { source, inARow }: { source: RecipeSource | null; inARow: number }) {
    this.#run = run;
    this.#session = session;
    this.#source = source;
    this.#most = skippable(session.recipe);
    this.#inARow = inARow;
  }

  /** Steps left out in a row up to now: part of a run's progress. */
  get inARow(): number {
    return this.#inARow;
  }

  /** Whether more steps in a row were left out than the recipe allows, the last of them in this process: a resume tries the next. */
  get areTooMany(): boolean {
    return this.#last?.inARow === this.#inARow && this.#inARow > this.#most;
  }

  /** A step was taken. */
  clear(): void {
    this.#inARow = 0;
  }

  /** Finds out what broke the step, captures it and logs it. The session is afterwards as if nothing had been looked at. */
  take(breach: Breach, batch: Batch, { step, epoch }: { step: number; epoch: number }): FaultEvent {
    this.#inARow += 1;
    const { fault, file, note } = tidy(() => this.#look(breach, batch, step));
    for (const tensor of [...breach.before.random.values(), ...breach.before.buffers.values()]) tensor.dispose();
    const says = sentenceOf(fault);
    this.#run.log(`step ${step} was left out (${this.#inARow} in a row, ${this.#most} may be): ${says}${note}`);
    const { kind: what, pass, terms, origin, pictures } = fault;
    const row: FaultRow = {
      kind: "fault",
      step,
      epoch,
      time: Date.now(),
      what,
      pass,
      terms,
      operator: origin?.operator ?? null,
      layer: origin?.place.layer ?? null,
      pictures: pictures.map(({ name }) => name),
    };
    this.#run.appendMetrics(row);
    this.#last = { kind: "fault", step, fault, says, file, inARow: this.#inARow, most: this.#most };
    return this.#last;
  }

  /** Why the run ends. */
  refusal(): UserError {
    const { step, says, file, fault } = this.#last!;
    const replay = file ? ` vit-distill replay ${relative("", file)} computes it again.` : "";
    return new UserError(
      "ERR_NON_FINITE",
      `Not a finite number at step ${step}: ${says}. ${this.#inARow === 1 ? "The step was" : `${this.#inARow} steps in a row were`} left out, which is more than nonFinite: { skip: ${this.#most} } allows`,
      {
        remedy: `The checkpoint has the last good weights.${replay} ${remedyOf(fault)} Then go on with --resume, and --force for a changed recipe.`,
      },
    );
  }

  #look(breach: Breach, batch: Batch, step: number): { fault: Fault; file: string | null; note: string } {
    const session = this.#session;
    const after = session.randomState();
    session.restore(breach.before);
    const fault = findFault(session, batch, breach, step);
    session.restore(breach.before);
    const captured = this.#capture(fault, batch);
    session.restoreRandomState(after);
    return { fault, ...captured };
  }

  #capture(fault: Fault, batch: Batch): { file: string | null; note: string } {
    const file = join(this.#run.dir, "faults", `step-${String(fault.step).padStart(6, "0")}.safetensors`);
    const others = filesIn(dirname(file)).filter((name) => name !== basename(file));
    if (others.length >= MOST_FILES) return { file: null, note: `; not captured, for there are ${MOST_FILES} captures already` };
    try {
      mkdirSync(dirname(file), { recursive: true });
      if (!writeCapture(file, this.#session, batch, fault, this.#source))
        return { file: null, note: "; too large to be captured" };
      return { file, note: `; vit-distill replay ${file}` };
    } catch (error) {
      return { file: null, note: `; it could not be captured: ${(error as Error).message}` }; // a full disk must not end the run here
    }
  }
}

const filesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^step-\d+\.safetensors$/.test(name)) : [];

const skippable = ({ nonFinite }: Recipe): number => nonFinite?.skip ?? 3;
