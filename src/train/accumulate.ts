/**
 * One batch in parts: the gradients of all parts add up to the batch's, in the memory of one.
 *
 * Terms are means over pictures, so that a part counts by its share of the batch, every term of it. For terms that look at single
 * pictures (cross entropy, KL, manifold's intra) the sum is the whole batch's gradient. Terms that compare pictures with each
 * other (inter, random, all) see the pictures of a part: the loss of a smaller batch, averaged. Gathered, they see all of them:
 * the student's outputs are computed without a graph, the loss and its gradient with respect to the outputs are the whole
 * batch's, and a second look at each part, with the same random draws, carries that gradient on to the weights. It is exact, and
 * costs a forward pass and the outputs of the whole batch. Gao et al., https://arxiv.org/abs/2101.06983
 *
 * A student's batch norm takes its statistics from a part either way.
 */

import type { Terms } from "../methods/index.js";
import type { Model, Output } from "../models/index.js";
import { backward, cat, gradsOf, noGrad, type Tensor, tidy } from "../torch/index.js";
import type { Session } from "./session.js";

/** Pictures on the device and what they should be taken for. */
export interface Lesson {
  images: Tensor; // [B, C, H, W]
  targets: Tensor; // [B] or [B, classes]
}

export interface Learned {
  /** Of the whole batch. */
  terms: Record<string, number>;
  /** As they were computed: of each part, or of the whole when gathered. */
  parts: Record<string, number>[];
  /** Milliseconds that the teachers took. */
  teacherTime: number;
}

/** Nearly equal parts, in order. */
export function inParts({ images, targets }: Lesson, count: number): Lesson[] {
  if (count === 1) return [{ images, targets }];
  const n = images.shape[0];
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * n) / count);
    const length = Math.floor(((i + 1) * n) / count) - start;
    return { images: images.narrow(0, start, length), targets: targets.narrow(0, start, length) };
  });
}

/** Part after part, each with its own loss. Adds to the gradients. */
export function learnInTurn(session: Session, parts: readonly Lesson[]): Learned {
  const sizes = parts.map(({ images }) => images.shape[0]);
  const shares = sizes.map((size) => size / sum(sizes));
  const learned = parts.map(({ images, targets }, i) =>
    tidy(() => {
      const { terms, teacherTime } = lossOf(session, { images, targets });
      session.scaled(total(terms).mul(shares[i])).backward();
      return { terms: values(terms), teacherTime };
    }),
  );
  const told = learned.map(({ terms }) => terms);
  const mean = (name: string) => sum(told.map((terms, i) => terms[name] * shares[i]));
  return {
    terms: Object.fromEntries(Object.keys(told[0]).map((name) => [name, mean(name)])),
    parts: told,
    teacherTime: sum(learned.map(({ teacherTime }) => teacherTime)),
  };
}

/** What was said is freed before the backward pass, but for what the graph holds of it: a teacher's taps are large. */
function lossOf(session: Session, { images, targets }: Lesson): { terms: Terms; teacherTime: number } {
  return tidy(() => {
    const said = session.look(images);
    return { terms: session.loss(said, targets), teacherTime: said.teacherTime };
  });
}

/** One loss over the outputs of all parts. Adds to the gradients. */
export function learnGathered(session: Session, parts: readonly Lesson[]): Learned {
  return tidy(() => {
    const looks = withoutTrace(session.student, () =>
      parts.map(({ images }) => {
        const random = session.randomState();
        return { random, said: noGrad(() => session.look(images)) };
      }),
    );
    const student = joined(looks.map(({ said }) => said.student));
    const leaves = tensorsOf(student).map((tensor) => tensor.requiresGrad_());
    const teachers = session.teachers.map((_, t) => joined(looks.map(({ said }) => said.teachers[t])));
    const terms = session.loss({ student, teachers }, cat(parts.map(({ targets }) => targets)));
    session.scaled(total(terms)).backward();
    const pulls = gradsOf(leaves); // ∂ loss / ∂ output; null where no term looks

    const random = session.randomState();
    let start = 0;
    for (const [i, { images }] of parts.entries()) {
      session.restoreRandomState(looks[i].random);
      tidy(() => carry(tensorsOf(session.study(images)), pulls, start));
      start += images.shape[0];
    }
    session.restoreRandomState(random);
    return { terms: values(terms), parts: [values(terms)], teacherTime: sum(looks.map(({ said }) => said.teacherTime)) };
  });
}

/** Takes the part of the gradients that begins at picture `start` back through the outputs of that part. */
function carry(outputs: readonly Tensor[], pulls: readonly (Tensor | null)[], start: number): void {
  const heard = outputs.flatMap((output, i) => {
    const pull = pulls[i];
    return pull && output.requiresGrad ? [{ output, gradient: pull.narrow(0, start, output.shape[0]) }] : [];
  });
  backward(
    heard.map(({ output }) => output),
    { gradients: heard.map(({ gradient }) => gradient) },
  );
}

/** Runs `fn` and takes back what it left in the model's buffers (a batch norm's running statistics). */
function withoutTrace<T>(model: Model, fn: () => T): T {
  const buffers = model.namedBuffers().map(([, buffer]) => ({ buffer, before: buffer.clone() }));
  const result = fn();
  noGrad(() => {
    for (const { buffer, before } of buffers) buffer.copy_(before);
  });
  return result;
}

/** The outputs for several parts as those for one batch. */
export function joined(outputs: readonly Output[]): Output {
  const [{ heads, taps, patches }] = outputs;
  return {
    logits: cat(outputs.map(({ logits }) => logits)),
    heads: Object.fromEntries(Object.keys(heads).map((head) => [head, cat(outputs.map((output) => output.heads[head]))])),
    taps: taps.map((_, i) => cat(outputs.map((output) => output.taps[i]))),
    ...(patches && { patches: cat(outputs.map((output) => output.patches!)) }),
  };
}

export const tensorsOf = ({ logits, heads, taps }: Output): Tensor[] => [logits, ...Object.values(heads), ...taps];

const total = (terms: Record<string, Tensor>): Tensor => Object.values(terms).reduce((all, term) => all.add(term));

const values = (terms: Record<string, Tensor>): Record<string, number> =>
  Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item()]));

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);
