/** What a distillation method is: named loss terms from the outputs of a student and its teachers. */

import type { ModelInfo, Output } from "../models/index.js";
import type { Module } from "../nn/index.js";
import { type Generator, type Tensor, tidy } from "../torch/index.js";
import type { Meeting } from "./grids.js";
import { tapNames } from "./layer-map.js";

/** The facts a method is planned with, before any model runs. */
export interface Players {
  student: ModelInfo;
  /** The first of `teachers`, for methods that have one. */
  teacher: ModelInfo;
  teachers: readonly ModelInfo[];
}

/** Intermediates that a method wants, by the models' own names. */
export interface TapNames {
  student: readonly string[];
  /** Of the first teacher. */
  teacher: readonly string[];
}

export interface LossInput {
  /** Under a masked teacher, where its taps are asked for, the taps hold the patches that the teacher looked at: token i of both is one patch. */
  student: Output;
  /** The first of `teachers`. */
  teacher: Output;
  /** Computed without gradient, in eval mode, from the same pictures. */
  teachers: readonly Output[];
  /** Class numbers [B] int64, or mixed targets [B, classes] float32. */
  targets: Tensor;
  players: Players;
  /** The method's own random stream; a resumed run goes on with it. */
  generator: Generator;
}

/** The pictures' labels, and the teachers' logits. */
export interface Reads {
  readonly labels: boolean;
  readonly answers: boolean;
}

/** Named losses, scalars; the trainer minimises their sum. */
export type Terms = Record<string, Tensor>;

/** The option that weighs a term, by its path in `options`: `weights.intra`. */
export interface WeighedBy {
  readonly option: string;
  /** The term's weight. */
  readonly weight: number;
  /** Where the option is a share of 1: whether the term has it, or what it leaves. */
  readonly share?: "own" | "rest";
}

export interface Method<E extends Module | null = Module | null> {
  readonly name: string;
  /** Its settings with the defaults filled in, written down with the run. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How many teachers it takes: [least, most]. */
  readonly teachers: readonly [number, number];
  /** What its loss reads besides taps. Without `labels`, pictures need none; without `answers`, teachers may know other classes. */
  readonly reads: Reads;
  /** The terms that compare the pictures of a batch with each other: in another batch size they are another loss. */
  readonly relational: readonly string[];
  /** How its terms are weighed, where an option does it: for advice on their balance. */
  readonly weighedBy: Readonly<Record<string, WeighedBy>>;
  taps(players: Players): TapNames;
  /** Which taps are compared, pair by pair, where the method says so: for `plan`. */
  meetings(players: Players): readonly Meeting[];
  /** Trainable parts of its own, dropped at export. */
  extras(players: Players): E;
  /** Throws a UserError when these models do not go together. */
  check(players: Players): void;
  loss(input: LossInput, extras: E): Terms;
}

export interface MethodDefinition<E extends Module | null> {
  name: string;
  /** Settings to be written down with the run. */
  options?: Readonly<Record<string, unknown>>;
  /** One teacher unless told. */
  teachers?: readonly [number, number];
  /** Both unless told. */
  reads?: Partial<Reads>;
  /** None unless told. */
  relational?: readonly string[];
  /** Nothing unless told. */
  weighedBy?: Readonly<Record<string, WeighedBy>>;
  /** Of a method that compares taps pair by pair: they are then its taps, and what cannot meet is refused before anything runs. */
  meetings?: (players: Players) => readonly Meeting[];
  /** Those of the meetings, or none, unless told. */
  taps?: TapNames | ((players: Players) => TapNames);
  extras?: (players: Players) => E;
  check?: (players: Players) => void;
  /** Its extras are those of `extras` above, never ones that it only claims. */
  loss(input: LossInput, extras: NoInfer<E>): Terms;
}

/** A method from what is particular to it. Its loss is tidied: only the terms survive. */
export function defineMethod<E extends Module | null = null>({
  name,
  options = {},
  teachers = [1, 1],
  meetings = () => [],
  taps = (players) => tapNames(meetings(players)),
  reads = {},
  relational = [],
  weighedBy = {},
  extras = () => null as E,
  check = () => {},
  loss,
}: MethodDefinition<E>): Method<E> {
  return {
    name,
    options,
    teachers,
    reads: { labels: true, answers: true, ...reads },
    relational,
    weighedBy,
    taps: typeof taps === "function" ? taps : () => taps,
    extras,
    meetings,
    check(players) {
      meetings(players);
      check(players);
    },
    loss: (input, parts) => tidy(() => loss(input, parts)),
  };
}

/** The logits that listen to the teacher: the distillation token's where the student has one, otherwise the class head's. */
export const listening = ({ heads }: Output): Tensor => heads.distillation ?? heads.class;

/** Of two terms that share 1 by `alpha`: the teacher's has it, the labels' the rest. One alone is weighed by nothing. */
export function byAlpha(alpha: number, term: string): Record<string, WeighedBy> {
  if (alpha === 0 || alpha === 1) return {};
  return {
    task: { option: "alpha", weight: 1 - alpha, share: "rest" },
    [term]: { option: "alpha", weight: alpha, share: "own" },
  };
}

/** Weighs terms and leaves those of weight 0 out, so that every term that is shown is alive. */
export function weigh(terms: Record<string, readonly [weight: number, loss: () => Tensor]>): Terms {
  const alive = Object.entries(terms).filter(([, [weight]]) => weight !== 0);
  return Object.fromEntries(alive.map(([name, [weight, loss]]) => [name, weight === 1 ? loss() : loss().mul(weight)]));
}
