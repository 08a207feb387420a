/** A teacher under examination, and what it answered on the doctor's pictures. */

import { type Batch, type Dataset, isLabelled } from "../../data/index.js";
import type { Model, Output } from "../../models/index.js";
import { allFinite, Generator, noGrad, type Tensor, tidy } from "../../torch/index.js";
import { choosePatches, type MaskedTeacher } from "../masked-teacher.js";
import { inPrecision, type Precision } from "../precision.js";
import { type Pictures, type View, viewOf } from "../view.js";
import { Look } from "./look.js";
import { type NamedView, otherColours, otherSizes, type Statistics } from "./views.js";

/** Pictures that are enough for training mode. */
const TRAINED_ON = 128;

export interface Setting {
  device: string;
  precision: Precision;
  /** Leave out what training can do without when it is in a hurry. */
  short: boolean;
  /** The recipe's. */
  mask?: MaskedTeacher;
}

export interface Trial extends NamedView {
  look: Look;
  /** Not so far behind the teacher's own view that more pictures would be wasted on it. */
  isInTheRace: boolean;
}

export class Subject {
  readonly who: string;
  readonly model: Model;
  readonly look: Look;
  /** The first pictures again in training mode; null in the short form. */
  readonly training: Look | null;
  /** Seeing as many of its patches as a mask leaves it, drawn at random; null where it sees all. */
  readonly masked: Look | null;
  /** Under other views. */
  trials: Trial[] = [];
  /** Where the first batch gave numbers that are none: the tap or "logits". */
  notFinite: string | null = null;
  readonly #setting: Setting;
  #own: View | undefined;

  constructor(who: string, model: Model, setting: Setting) {
    this.who = who;
    this.model = model;
    this.look = new Look(model.info.numClasses);
    this.training = setting.short ? null : new Look(model.info.numClasses);
    this.masked = setting.mask && model.takesPatches ? new Look(model.info.numClasses) : null;
    this.#setting = setting;
  }

  /** Whether its answers are the data's labels. */
  knows(data: Dataset): boolean {
    return isLabelled(data) && data.classes.length === this.model.info.numClasses;
  }

  /** Its own view of these pictures; refuses those that it cannot see. */
  prepare(pictures: Pictures): void {
    this.#own = viewOf(this.model.info, pictures);
  }

  /** Other views, to race against its own. */
  challenge(pictures: Pictures, statistics: Statistics): void {
    const { info } = this.model;
    const views = otherColours(info, pictures, statistics);
    if (!this.#setting.short) views.push(...otherSizes(info, pictures));
    this.trials = views.map((view) => ({ ...view, look: new Look(info.numClasses), isInTheRace: true }));
  }

  /** Answers one batch under every view that is still in the race. */
  answer(images: Tensor /* [B, C, H, W] */, labels: Batch["labels"]): void {
    if (this.look.n === 0) this.notFinite = this.#findNotFinite(images);
    if (this.notFinite) return;
    if (this.masked) this.#seeParts(this.masked, images, labels);
    this.#see(this.#own!, this.look, images, labels);
    if (this.training && this.training.n < TRAINED_ON) this.#trainOn(this.training, images, labels);
    for (const trial of this.trials) if (trial.isInTheRace) trial.isInTheRace = this.#keepsUp(trial, images, labels);
  }

  #keepsUp({ show, look, input }: Trial, images: Tensor, labels: Batch["labels"]): boolean {
    try {
      this.#see(show, look, images, labels);
    } catch (error) {
      if (input.size === undefined) throw error;
      return false; // of a fixed size
    }
    const { gains, losses } = look.against(this.look);
    return losses - gains <= 2 * Math.sqrt(gains + losses);
  }

  #see(show: View, look: Look, images: Tensor, labels: Batch["labels"]): void {
    tidy(() => look.add(this.#forward(show(images), []).logits, labels));
  }

  #seeParts(masked: Look, images: Tensor, labels: Batch["labels"]): void {
    const { model } = this;
    const drawn: MaskedTeacher = { keep: this.#setting.mask!.keep, by: "random" };
    using generator = Generator.seeded(masked.n); // other patches for every batch
    tidy(() => {
      const sight = { student: model.info, saliency: undefined, generator };
      const patches = choosePatches(drawn, model.info, images, sight);
      masked.add(this.#forward(this.#own!(images), [], patches).logits, labels);
    });
  }

  #trainOn(training: Look, images: Tensor, labels: Batch["labels"]): void {
    asInTraining(this.model, () => this.#see(this.#own!, training, images, labels));
  }

  /** The first tap whose numbers are none, or "logits". */
  #findNotFinite(images: Tensor): string | null {
    return tidy(() => {
      const seen = this.#own!(images);
      if (allFinite(this.#forward(seen, []).logits)) return null;
      const names = Object.keys(this.model.info.taps);
      const { taps } = this.#forward(seen, names);
      return names.find((_, i) => !allFinite(taps[i])) ?? "logits";
    });
  }

  #forward(seen: Tensor /* [B, C', S, S] */, taps: readonly string[], patches: Tensor | null = null): Output {
    const { precision, device } = this.#setting;
    return noGrad(() => inPrecision(precision, device, () => this.model.forward(seen, { taps, patches })));
  }
}

/** Runs `fn` with the model in training mode, then puts modes, buffers and everything else back. */
export function asInTraining(model: Model, fn: () => void): void {
  const modes = model.modules().map((module) => [module, module.training] as const);
  tidy(() => {
    const buffers = model.namedBuffers().map(([, buffer]) => [buffer, buffer.clone()] as const);
    try {
      model.train();
      fn();
    } finally {
      noGrad(() => {
        for (const [buffer, before] of buffers) buffer.copy_(before);
      });
      for (const [module, training] of modes) module.training = training;
    }
  });
}
