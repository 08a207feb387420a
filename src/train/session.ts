/** What a run trains with, made from its recipe and checked before anything runs; and one step of it. */

import { normalise } from "../augment/index.js";
import { type Batch, Loader } from "../data/index.js";
import type { Method, Players, TapNames, Terms } from "../methods/index.js";
import type { Model, Output } from "../models/index.js";
import type { Module } from "../nn/index.js";
import { clipGradNorm_, cosine, Ema, gradNorm, type LearningRates, type Optimizer } from "../optim/index.js";
import { type Device, Generator, type Holder, manualSeed, noGrad, type Tensor, tensor, tidy } from "../torch/index.js";
import { checkDevice } from "./check-device.js";
import { checkPlayers } from "./check-players.js";
import { choosePrecision, inPrecision, type Precision } from "./precision.js";
import type { Recipe } from "./recipe.js";
import { type View, viewOf } from "./view.js";

export interface SessionOptions {
  seed: number;
  device: Device;
}

export interface StepReport {
  terms: Record<string, number>;
  loss: number;
  gradNorm: number;
  /** Milliseconds that the teachers took. */
  teacherTime: number;
}

export class Session implements Holder {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly device: Device;
  readonly precision: Precision;
  readonly student: Model;
  readonly teachers: readonly Model[];
  readonly players: Players;
  readonly extras: Module | null;
  readonly optimizer: Optimizer;
  readonly schedule: LearningRates;
  readonly ema: Ema | null;
  /** The method's own random stream. */
  readonly generator: Generator;
  readonly loader: Loader;
  readonly epochs: number;
  readonly steps: number;
  readonly #taps: TapNames;
  readonly #views: { student: View; teachers: readonly View[] };

  /** Refuses what does not go together, and then leaves nothing behind. */
  static open(recipe: Recipe, options: SessionOptions): Session {
    return tidy(() => new Session(recipe, options));
  }

  private constructor(recipe: Recipe, { seed, device }: SessionOptions) {
    checkDevice(device);
    this.recipe = recipe;
    this.seed = seed;
    this.device = device;
    this.precision = choosePrecision(recipe.precision ?? "auto", device);
    manualSeed(seed);
    this.student = recipe.student().to({ device }).train();
    this.teachers = (recipe.teachers ?? []).map((make) => make().to({ device }).eval().requiresGrad_(false));
    this.players = checkPlayers(recipe.method, this.student, this.teachers, recipe.data.train);
    this.#taps = this.method.taps(this.players);
    this.extras = this.method.extras(this.players)?.to({ device }).train() ?? null;
    this.generator = Generator.seeded(seed + 1);
    this.loader = new Loader(recipe.data.train, {
      batchSize: recipe.data.batchSize,
      augment: recipe.data.augment ?? this.#plain,
      mix: recipe.data.mix,
      seed,
      shuffle: true,
      dropLast: recipe.data.train.n >= recipe.data.batchSize,
    });
    this.#views = {
      student: viewOf(this.student.info, this.loader),
      teachers: this.teachers.map(({ info }) => viewOf(info, this.loader)),
    };
    this.steps = recipe.steps ?? recipe.epochs! * this.loader.batches;
    this.epochs = Math.ceil(this.steps / this.loader.batches);
    this.optimizer = recipe.optimizer.build(this.#trained());
    const length = { lr: recipe.optimizer.lr, steps: this.steps, stepsPerEpoch: this.loader.batches };
    this.schedule = (recipe.schedule ?? cosine()).build(length);
    this.ema = recipe.ema === undefined ? null : new Ema(this.student, { decay: recipe.ema });
  }

  get method(): Method {
    return this.recipe.method;
  }

  /** The student's own colours; bare pixels where it has others' number of channels. */
  get #plain() {
    const { channels } = this.recipe.data.train;
    const { input } = this.student.info;
    if (input.mean.length === channels) return normalise(input);
    return normalise({ mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) });
  }

  #trained() {
    const extras = this.extras?.namedParameters() ?? [];
    return [...this.student.namedParameters(), ...extras.map(([key, parameter]) => [`extras.${key}`, parameter] as const)];
  }

  /** Pictures to be evaluated on, in order, unaugmented. */
  evaluationLoader(split: "val" | "test"): Loader | null {
    const samples = this.recipe.data[split];
    return samples ? new Loader(samples, { batchSize: 250, augment: this.recipe.data.evalAugment ?? this.#plain }) : null;
  }

  /** One step: the teachers look, the student learns. */
  step(batch: Batch, lr: number): StepReport {
    return tidy(() => {
      const images = tensor(batch.images, { shape: batch.shape, device: this.device, share: true }); // [B, C, H, W]
      const targets = this.#targets(batch); // [B] or [B, classes]

      const begin = performance.now();
      const lessons = this.#teach(images);
      const teacherTime = performance.now() - begin;

      const terms = this.#cast(() => {
        const student = this.student.forward(this.#views.student(images), { taps: this.#taps.student });
        const { players, generator } = this;
        return this.method.loss({ student, teacher: lessons[0], teachers: lessons, targets, players, generator }, this.extras);
      });
      const loss = Object.values(terms).reduce((sum, term) => sum.add(term));

      this.optimizer.zeroGrad();
      loss.backward();
      const parameters = this.optimizer.parameters;
      const norm = this.recipe.clip === undefined ? gradNorm(parameters) : clipGradNorm_(parameters, this.recipe.clip);
      this.optimizer.step(lr);
      this.ema?.update();
      return { terms: values(terms), loss: loss.item(), gradNorm: norm, teacherTime };
    });
  }

  /** Each teacher looks at its own view. */
  #teach(images: Tensor): Output[] {
    const taps = (i: number) => (i === 0 ? this.#taps.teacher : []);
    return noGrad(() =>
      this.teachers.map((teacher, i) => {
        const view = this.#views.teachers[i](images);
        return this.#cast(() => teacher.forward(view, { taps: taps(i) }));
      }),
    );
  }

  #targets({ targets, labels, classes }: Batch): Tensor {
    const { device } = this;
    return targets ? tensor(targets, { shape: [labels.length, classes], device }) : tensor(labels, { device });
  }

  #cast<T>(fn: () => T): T {
    return inPrecision(this.precision, this.device, fn);
  }

  tensors(): Tensor[] {
    const holders = [this.student, ...this.teachers, this.extras, this.optimizer, this.ema];
    return holders.flatMap((holder) => holder?.tensors() ?? []);
  }

  dispose(): void {
    for (const tensor of this.tensors()) tensor.dispose();
    this.generator.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

const values = (terms: Terms): Record<string, number> =>
  Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item()]));
