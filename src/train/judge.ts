/** The student's verdicts during a run: its own weights and their average on the validation split, beside its teacher. */

import type { BadPicture, Loader } from "../data/index.js";
import type { Model } from "../models/index.js";
import { type Evaluation, evaluate } from "./evaluate.js";
import { agreement, type Report, reportOf } from "./evaluation/index.js";
import type { EvalRow } from "./run-folder.js";
import type { Session } from "./session.js";

type Weights = EvalRow["weights"];

/** Evaluates the student on the validation split, and the average of its weights beside it. */
export class Judge {
  readonly #session: Session;
  /** The unusable pictures met while evaluating. */
  readonly bad: BadPicture[] = [];
  #teacher: Evaluation | undefined;
  #last: { step: number; found: Map<Weights, Evaluation> } | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Throws as soon as the signal says so. */
  async *look(step: number, epoch: number, signal?: AbortSignal): AsyncGenerator<EvalRow> {
    const { student, ema } = this.#session;
    const loader = this.#session.evaluationLoader("val");
    if (!loader) return;
    const found = new Map<Weights, Evaluation>();
    const weigh = async (weights: Weights): Promise<EvalRow> => {
      const evaluation = await this.#evaluate(student, loader, signal);
      found.set(weights, evaluation);
      const { predictions, confidences, ...scores } = evaluation;
      const teacher = await this.#judgeTeacher(loader, signal);
      return {
        kind: "eval",
        split: "val",
        step,
        epoch,
        time: Date.now(),
        weights,
        ...scores,
        ...(teacher && { agreement: agreement(predictions, teacher.predictions) }),
      };
    };
    yield await weigh("raw");
    if (ema) yield await ema.during(() => weigh("ema"));
    this.#last = { step, found };
  }

  /** The last look in full, the first teacher's first; empty before the first look. */
  reports(): Report[] {
    if (!this.#last) return [];
    const { step, found } = this.#last;
    const loader = this.#session.evaluationLoader("val")!;
    const { classes } = this.#session.recipe.data.val!;
    const teacher = this.#teacher;
    const known = { split: "val" as const, classes };
    const students = [...found].map(([weights, evaluation]) => {
      const who = weights === "raw" ? "student" : `student (${weights})`;
      return reportOf(evaluation, loader, { who, step, teacher, ...known });
    });
    if (!teacher) return students;
    const who = `teacher ${this.#session.judged[0].info.name}`;
    return [reportOf(teacher, loader, { who, step: null, ...known }), ...students];
  }

  // the validation pictures and the teacher stay the same: once is enough
  async #judgeTeacher(loader: Loader, signal?: AbortSignal): Promise<Evaluation | undefined> {
    const [teacher] = this.#session.judged;
    if (teacher) this.#teacher ??= await this.#evaluate(teacher, loader, signal);
    return this.#teacher;
  }

  #evaluate(model: Model, loader: Loader, signal?: AbortSignal): Promise<Evaluation> {
    const { device, precision } = this.#session;
    return evaluate(model, loader, { device, precision, signal, onBad: (picture) => this.bad.push(picture) });
  }
}
