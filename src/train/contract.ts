/**
 * What distillation rests on and nobody sees when it breaks: teachers that stay as they are, an optimizer that holds what is to
 * learn and nothing else, terms that teach, gradients that arrive. Checked before the first step and during steps, at the cost
 * of reading flags; each breach is one sentence.
 */

import type { Model } from "../models/index.js";
import type { Module } from "../nn/index.js";
import type { NamedParameters, Optimizer } from "../optim/index.js";
import { gradsOf, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

export interface Parties {
  /** The method's name. */
  method: string;
  student: Model;
  extras: Module | null;
  teachers: readonly Model[];
  optimizer: Optimizer;
}

/** A term is given this many steps before its silence counts: a margin may be kept, or a student begin as its teacher. */
const PATIENCE = 3;

export class Contract {
  readonly #parties: Parties;
  readonly #method: string;
  readonly #trained: NamedParameters;
  /** Listed once: walking the modules costs more than reading their flags. */
  readonly #teachers: { name: string; modules: [string, Module][]; parameters: NamedParameters }[];
  #steps = 0; // begun
  readonly #silent = new Map<string, number>(); // steps that a term was 0 in

  constructor(parties: Parties) {
    const { method, student, extras, teachers } = parties;
    this.#parties = parties;
    this.#method = method;
    this.#trained = trainedParameters(student, extras).filter(([, parameter]) => parameter.requiresGrad);
    this.#teachers = teachers.map((teacher) => ({
      name: teacher.info.name,
      modules: teacher.namedModules(),
      parameters: teacher.namedParameters(),
    }));
  }

  /** Before the first step: no teacher is inside what is saved, and the optimizer holds what is to learn and nothing of a teacher. */
  checkParties(): void {
    const { student, extras, teachers, optimizer } = this.#parties;
    checkApart(teachers, heldBy(student, extras));
    checkOptimizer(optimizer, this.#trained, teachers);
  }

  /** Before a step: every teacher answers as it did before, and cannot learn. */
  checkTeachers(): void {
    this.#steps += 1;
    for (const { name, modules, parameters } of this.#teachers) {
      const [awake] = modules.find(([, { training }]) => training) ?? [];
      if (awake !== undefined)
        throw new UserError(
          "ERR_METHOD_CONTRACT",
          `The teacher ${name} is in training mode at step ${this.#steps}${awake && ` (${awake})`}`,
          {
            remedy: "Something called train() on it after the run began; a teacher must answer alike every time: eval().",
          },
        );
      const [learning] = parameters.find(([, { requiresGrad }]) => requiresGrad) ?? [];
      if (learning !== undefined)
        throw new UserError(
          "ERR_METHOD_CONTRACT",
          `The teacher ${name} is no longer frozen at step ${this.#steps}: ${learning} asks for a gradient`,
          {
            remedy: "Something called requiresGrad_() on it after the run began.",
          },
        );
    }
  }

  /** Before the backward pass: there are terms, and each depends on what is trained. */
  checkGraph(terms: Record<string, Tensor>): void {
    if (Object.keys(terms).length === 0)
      throw new UserError("ERR_METHOD_CONTRACT", `The method ${this.#method} returned no term`, {
        remedy: "Are all its weights 0?",
      });
    const [detached] = Object.entries(terms).find(([, term]) => !term.requiresGrad) ?? [];
    if (detached !== undefined)
      throw new UserError("ERR_METHOD_CONTRACT", `The term ${detached} of the method ${this.#method} has no gradient`, {
        remedy: "It depends on nothing that is trained; was the student's output detached, or the term made under noGrad?",
      });
  }

  /** After the backward passes of a step, with the terms' values in each part of the batch: none is missing, none is silent. */
  checkTerms(parts: readonly Record<string, number>[]): void {
    const names = Object.keys(parts[0]);
    for (const [i, part] of parts.entries()) {
      const lost = names.find((name) => !(name in part)) ?? Object.keys(part).find((name) => !names.includes(name));
      if (lost !== undefined)
        throw new UserError(
          "ERR_METHOD_CONTRACT",
          `The term ${lost} of the method ${this.#method} is not in every part of step ${this.#steps}`,
          {
            remedy: `Parts 1 and ${i + 1} of ${parts.length} differ; a method returns the same terms for every part of a batch.`,
          },
        );
    }
    if (this.#steps > PATIENCE) return;
    for (const name of names) {
      if (parts.some((part) => part[name] === 0)) this.#silent.set(name, (this.#silent.get(name) ?? 0) + 1);
      if (this.#silent.get(name) === PATIENCE)
        throw new UserError(
          "ERR_METHOD_CONTRACT",
          `The term ${name} of the method ${this.#method} was exactly 0 in each of the first ${PATIENCE} steps`,
          {
            remedy: "It teaches nothing: give it the weight 0, or look whether it compares something with itself.",
          },
        );
    }
  }

  /** After the first step's backward passes: a gradient has reached every tensor that is to learn. */
  checkGradients(): void {
    if (this.#steps > 1) return;
    tidy(() => {
      const gradients = gradsOf(this.#trained.map(([, parameter]) => parameter));
      const without = this.#trained.filter((_, i) => gradients[i] === null).map(([name]) => name);
      if (without.length === 0) return;
      throw new UserError(
        "ERR_METHOD_CONTRACT",
        `No gradient reached ${enumerated(without)} in the first step: ${reason(without[0], this.#method)}`,
        {
          remedy: "Use it, leave it out, or freeze it with requiresGrad_(false).",
        },
      );
    });
  }
}

/** What is trained: the student's parameters, and the method's own under `extras.`. */
export function trainedParameters(student: Model, extras: Module | null): NamedParameters {
  const own = extras?.namedParameters() ?? [];
  return [...student.namedParameters(), ...own.map(([key, parameter]) => [`extras.${key}`, parameter] as const)];
}

const heldBy = (student: Model, extras: Module | null): [string, Tensor][] => [
  ...student.stateDict(),
  ...[...(extras?.stateDict() ?? [])].map(([key, tensor]): [string, Tensor] => [`extras.${key}`, tensor]),
];

/** A teacher kept in a field of the student would be trained, averaged and shipped with it. */
function checkApart(teachers: readonly Model[], held: readonly [string, Tensor][]): void {
  for (const teacher of teachers) {
    const its = new Set(teacher.tensors());
    const [key] = held.find(([, tensor]) => its.has(tensor)) ?? [];
    if (key === undefined) continue;
    throw new UserError(
      "ERR_METHOD_CONTRACT",
      `${key} is a tensor of the teacher ${teacher.info.name}: it would be saved with the student`,
      {
        remedy: "Keep the teacher in a private field (#teacher), which is no part of a module's state.",
      },
    );
  }
}

function checkOptimizer({ parameters }: Optimizer, trained: NamedParameters, teachers: readonly Model[]): void {
  const remedy = "An optimizer's build() takes all that it is handed, and nothing else.";
  const held = new Set<Tensor>(parameters);
  for (const teacher of teachers) {
    const [key] = teacher.namedParameters().find(([, parameter]) => held.has(parameter)) ?? [];
    if (key !== undefined)
      throw new UserError("ERR_METHOD_CONTRACT", `The optimizer holds ${key} of the teacher ${teacher.info.name}`, { remedy });
  }
  const missing = trained.filter(([, parameter]) => !held.has(parameter)).map(([name]) => name);
  if (missing.length > 0)
    throw new UserError("ERR_METHOD_CONTRACT", `The optimizer does not hold ${enumerated(missing)}`, { remedy });
}

function reason(key: string, method: string): string {
  if (key.startsWith("extras.")) return `the method ${method} makes it and its loss does not use it.`;
  return `no term of the method ${method} depends on it (a head or a token that nothing is taught to?).`;
}

/** `head_dist.weight and 3 more` */
const enumerated = ([first, ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${others.length} more`;
