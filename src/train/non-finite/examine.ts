/**
 * A step looked at again: which term, which layer, which operator, which pictures. It runs from the same random streams, so that every
 * number is the same, first with the forward pass traced and then, where that is finite, with the way back on a tape.
 */

import type { Output } from "../../models/index.js";
import { type Followed, followCalls, type Module } from "../../nn/index.js";
import { cat, type Origin, rowsNotFinite, Tape, type Tensor, tidy, traceNonFinite, type Whereabouts } from "../../torch/index.js";
import { joined, type Lesson, tensorsOf } from "../accumulate.js";
import type { Session } from "../session.js";

/** Where in a step something ran. */
export interface Place extends Whereabouts {
  who: "student" | "teacher" | "method";
  /** The model's name, or the method's. */
  name: string;
}

export interface Finding {
  pass: "forward" | "backward" | "update";
  /** The terms that are not finite, or whose gradient is not. */
  terms: string[];
  /** The operator that made it; null where none did when the step ran again. */
  origin: Origin<Place> | null;
  /** The pictures at fault, by their places in the batch; empty where none can be told from the others. */
  rows: number[];
  /** Which part of the batch it was, from 1, of how many. */
  part: number;
  parts: number;
}

/** Takes a step's parts, without their backward pass, until something is not finite. Random streams and buffers go on; weights stay. */
export function examine(session: Session, lessons: readonly Lesson[]): Finding | null {
  const groups = session.accumulate.gather ? [lessons] : lessons.map((lesson) => [lesson]);
  let first = 0;
  for (const [i, group] of groups.entries()) {
    const found = tidy(() => new Examination(session, group, first).run());
    if (found) return { ...found, part: i + 1, parts: groups.length };
    first += sizeOf(group);
  }
  return null;
}

const sizeOf = (lessons: readonly Lesson[]): number => lessons.reduce((sum, { images }) => sum + images.shape[0], 0);

type Found = Omit<Finding, "part" | "parts">;

interface Player extends Pick<Place, "who" | "name"> {
  module: Module;
}

/** Of parts that share a loss. */
class Examination {
  readonly #session: Session;
  readonly #lessons: readonly Lesson[];
  /** Where the first of their pictures is in the batch. */
  readonly #first: number;
  readonly #players: readonly Player[];
  #followed: (Player & { calls: Followed })[] = [];
  #stage: Place; // where no module runs
  #outputs: Output[] = []; // the student's, part by part

  constructor(session: Session, lessons: readonly Lesson[], first: number) {
    const { student, teachers, extras, method } = session;
    this.#session = session;
    this.#lessons = lessons;
    this.#first = first;
    this.#players = [
      { who: "student", name: student.info.name, module: student },
      ...teachers.map((teacher): Player => ({ who: "teacher", name: teacher.info.name, module: teacher })),
      ...(extras ? [{ who: "method" as const, name: method.name, module: extras }] : []),
    ];
    this.#stage = this.#atTheLoss();
  }

  run(): Found | null {
    this.#followed = this.#players.map((player) => ({ ...player, calls: followCalls(player.module) }));
    try {
      const random = this.#session.randomState();
      const found = this.#forward();
      if (found) return found;
      this.#session.restoreRandomState(random);
      return this.#backward();
    } finally {
      for (const { calls } of this.#followed) calls.stop();
    }
  }

  #forward(): Found | null {
    const watch = { sources: this.#sources(), place: () => this.#place() };
    const { result: terms, originOf } = traceNonFinite(watch, () => this.#terms());
    const origins = new Map(Object.entries(terms).map(([name, term]) => [name, originOf(term)]));
    const lost = Object.keys(terms).filter((name) => !Number.isFinite(terms[name].item()));
    if (lost.length === 0) return null;
    const origin = lost.map((name) => origins.get(name)).find((found) => found !== undefined) ?? null;
    return { pass: "forward", terms: lost, origin, rows: this.#rows(origin) };
  }

  #backward(): Found | null {
    using tape = new Tape(() => this.#place());
    const terms = tape.record(() => this.#terms());
    for (const [name, term] of Object.entries(terms)) {
      const origin = tape.blame(term);
      if (origin) return { pass: "backward", terms: [name], origin, rows: this.#rows(origin) };
    }
    return null;
  }

  /** The terms of these parts, as a step computes them. */
  #terms(): Record<string, Tensor> {
    const session = this.#session;
    const advice: Output[][] = [];
    const names = { student: session.student.info.name, teacher: "" };
    this.#outputs = [];
    let first = this.#first;
    for (const { images } of this.#lessons) {
      const pictures = { first, count: images.shape[0] };
      const said = session.look(images, (who) => {
        this.#stage = { who, name: names[who], layer: "", ...pictures };
      });
      advice.push(said.teachers);
      this.#outputs.push(said.student);
      first += pictures.count;
    }
    this.#stage = this.#atTheLoss();
    const targets = this.#lessons.map((lesson) => lesson.targets);
    if (targets.length === 1) return session.loss({ student: this.#outputs[0], teachers: advice[0] }, targets[0]);
    const teachers = session.teachers.map((_, t) => joined(advice.map((outputs) => outputs[t])));
    return session.loss({ student: joined(this.#outputs), teachers }, cat(targets));
  }

  #atTheLoss(): Place {
    return { who: "method", name: this.#session.method.name, layer: "", first: this.#first, count: sizeOf(this.#lessons) };
  }

  #place(): Place {
    const running = this.#followed.find(({ calls }) => calls.now() !== undefined);
    if (!running) return this.#stage;
    return { ...this.#stage, who: running.who, name: running.name, layer: running.calls.now()! };
  }

  /** What is there before a step. */
  #sources(): [string, Tensor][] {
    const weights = this.#players.flatMap(({ who, name, module }) =>
      [...module.stateDict()].map(([key, tensor]): [string, Tensor] => [`${key} of the ${who} ${name}`, tensor]),
    );
    const given = this.#lessons.flatMap(({ images, targets }): [string, Tensor][] => [
      ["pictures", images],
      ["targets", targets],
    ]);
    return [...given, ...weights];
  }

  /** Pictures that are not finite themselves; else those that the operator broke; else those that the student cannot answer. */
  #rows(origin: Origin | null): number[] {
    const pictures = this.#rowsIn(({ images }) => [images]);
    if (pictures.length > 0) return pictures;
    return origin && origin.rows.length > 0 ? origin.rows : this.#rowsIn((_, i) => tensorsOf(this.#outputs[i]));
  }

  #rowsIn(tensors: (lesson: Lesson, i: number) => Tensor[]): number[] {
    const rows = new Set<number>();
    let first = this.#first;
    for (const [i, lesson] of this.#lessons.entries()) {
      const count = lesson.images.shape[0];
      for (const tensor of tensors(lesson, i)) for (const row of rowsNotFinite(tensor, { first, count })) rows.add(row);
      first += count;
    }
    return [...rows].sort((a, b) => a - b);
  }
}
