/** The student's verdicts during a run: its own weights and their average on the validation split, beside its teacher. */

import type { BadPicture, Loader } from "../data/index.js";
import type { Model } from "../models/index.js";
import { agreement, type Evaluation, evaluate } from "./evaluate.js";
import type { EvalRow } from "./run-folder.js";
import type { Session } from "./session.js";

/** Evaluates the student on the validation split, and the average of its weights beside it. */
export class Judge {
  readonly #session: Session;
  /** The unusable pictures met while evaluating. */
  readonly bad: BadPicture[] = [];
  #teacher: Int32Array | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async *look(step: number, epoch: number): AsyncGenerator<EvalRow> {
    const { student, ema } = this.#session;
    const loader = this.#session.evaluationLoader("val");
    if (!loader) return;
    const weigh = async (weights: "raw" | "ema"): Promise<EvalRow> => {
      const { predictions, ...scores } = await this.#evaluate(student, loader);
      const teacher = await this.#teacherPredictions();
      return {
        kind: "eval",
        split: "val",
        step,
        epoch,
        time: Date.now(),
        weights,
        ...scores,
        ...(teacher && { agreement: agreement(predictions, teacher) }),
      };
    };
    yield await weigh("raw");
    if (ema) yield await ema.during(() => weigh("ema"));
  }

  // the validation pictures and the teacher stay the same: once is enough
  async #teacherPredictions(): Promise<Int32Array | undefined> {
    const [teacher] = this.#session.judged;
    if (teacher) this.#teacher ??= (await this.#evaluate(teacher, this.#session.evaluationLoader("val")!)).predictions;
    return this.#teacher;
  }

  #evaluate(model: Model, loader: Loader): Promise<Evaluation> {
    const { device, precision } = this.#session;
    return evaluate(model, loader, { device, precision, onBad: (picture) => this.bad.push(picture) });
  }
}
