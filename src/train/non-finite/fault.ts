/** A step that was left out, as the run folder and the command line tell of it. */

import type { Batch } from "../../data/index.js";
import type { Session } from "../session.js";
import type { Breach } from "./breach.js";
import { examine, type Finding } from "./examine.js";

/** A picture of a batch, by its name in the data set. */
export interface NamedPicture {
  /** Its place in the batch, from 0. */
  place: number;
  name: string;
}

export interface Fault extends Finding {
  /** What was not finite: a term, the norm of the gradients, or the weights after the update. */
  kind: Breach["kind"];
  step: number;
  lr: number;
  pictures: NamedPicture[];
  /** How many pictures the batch has, and whether they were mixed with each other. */
  batch: number;
  mixed: boolean;
}

/** Why a step could not be taken. The session must be as it was before the step; its random streams and buffers go on. */
export function findFault(session: Session, batch: Batch, { kind, names, lr }: Breach, step: number): Fault {
  const blank = { terms: names, origin: null, rows: [], part: 1, parts: 1 };
  const found =
    (kind === "update" ? null : examine(session, session.lessons(batch))) ??
    ({ ...blank, pass: { term: "forward", gradient: "backward", update: "update" }[kind] } as Finding);
  const pictures = found.rows.map((place) => ({ place, name: session.loader.nameOf(batch.rows[place]) }));
  return { kind, step, lr, ...found, pictures, batch: batch.labels.length, mixed: batch.targets !== null };
}

/** Whether two are the same fault: the same term, broken by the same operator in the same place. */
export function isSameFault(a: Fault, b: Fault): boolean {
  const mark = ({ kind, pass, terms, part, origin }: Fault) =>
    JSON.stringify([kind, pass, terms, part, origin && [origin.operator, origin.source, origin.place.who, origin.place.layer]]);
  return mark(a) === mark(b);
}
