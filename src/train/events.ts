/** What `train` tells while it runs. Every event has a `kind`; a switch over it gives each its type. */

import type { BadPicture } from "../data/index.js";
import type { BalanceEvent } from "./balance.js";
import type { Diagnosis } from "./doctor/index.js";
import type { FaultEvent } from "./non-finite/index.js";
import type { EvalRow, TrainRow } from "./run-folder.js";
import type { Summary } from "./summary.js";

/** The run has a folder and everything that it trains with; the next event comes from its first step. */
export interface BeginEvent {
  kind: "begin";
  /** The run folder. */
  dir: string;
  /** How many of each there will be, over the whole run. */
  epochs: number;
  steps: number;
  /** The step that it goes on from; 0 for a new run. */
  step: number;
  student: { name: string; parameters: number };
  precision: string;
  /** What is as the recipe says and may still surprise. */
  notes: string[];
  /** What the doctor found; null where it was not asked or there is no teacher. */
  doctor: Diagnosis | null;
}

/** A step was taken; one that was left out is told by a fault instead. Every one is told, those too that are not logged. */
export interface StepEvent extends Omit<TrainRow, "kind"> {
  kind: "step";
  epochs: number;
  steps: number;
}

/** The student, or the average of its weights, was looked at on the validation split. */
export type EvalEvent = EvalRow;

/** A picture cannot be used: told once in a run. In training another one stands in its place; in an evaluation it does not count. */
export interface BadEvent extends BadPicture {
  kind: "bad";
  split: "train" | "val";
}

/** A sentence about something that came up on the way, such as a resumed step that did not come out as before. */
export interface NoteEvent {
  kind: "note";
  text: string;
}

/** The last event: the run is over, or was asked to stop and has a checkpoint to go on from. */
export interface EndEvent {
  kind: "end";
  dir: string;
  /** The last one taken. */
  step: number;
  /** Whether that was the recipe's last. */
  finished: boolean;
  /** Of this process's work on the run. */
  milliseconds: number;
  summary: Summary;
}

export type TrainEvent = BeginEvent | StepEvent | FaultEvent | BalanceEvent | EvalEvent | BadEvent | NoteEvent | EndEvent;
