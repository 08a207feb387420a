/** What a run trains with, made from its recipe and checked before anything runs; and one step of it. */

import { evalAugment, normalise } from "../augment/index.js";
import { readingApart } from "../checkpoint/index.js";
import { type Batch, type Dataset, type ImageOp, isLabelled, Loader, pictureSize } from "../data/index.js";
import type { Method, Players, TapNames, Terms } from "../methods/index.js";
import { CachedTeacher, type Model, type Output } from "../models/index.js";
import type { Module } from "../nn/index.js";
import { clipGradNorm_, cosine, Ema, gradNorm, type LearningRates, LossScaler, type Optimizer } from "../optim/index.js";
import { type Device, Generator, type Holder, hasMatrixUnit, noGrad, shelve, type Tensor, tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";
import { inParts, type Lesson, learnGathered, learnInTurn } from "./accumulate.js";
import { checkDevice } from "./check-device.js";
import { checkPlayers } from "./check-players.js";
import { Contract, trainedParameters } from "./contract.js";
import { beginWith, type FirstWeights } from "./first-weights.js";
import { atThePatchesOf, checkMask, choosePatches } from "./masked-teacher.js";
import type { Before, Breach } from "./non-finite/breach.js";
import { stepOrStay } from "./non-finite/step-or-stay.js";
import { choosePrecision, inPrecision, keptChoice, type Precision, type PrecisionChoice } from "./precision.js";
import { type Accumulation, accumulation, type Recipe } from "./recipe.js";
import { drawingFrom, runStreams } from "./streams.js";
import { cacheNote } from "./teacher-cache.js";
import { type View, viewOf } from "./view.js";

export interface SessionOptions {
  seed: number;
  device: Device;
  /** What `precision: "auto"` was found to be when the run began, for one that goes on. */
  precision?: PrecisionChoice;
  /** What the student begins with instead of the recipe's own weights. */
  init?: FirstWeights | null;
}

export interface StepReport {
  terms: Record<string, number>;
  loss: number;
  gradNorm: number;
  /** Milliseconds that the teachers took. */
  teacherTime: number;
  /** Why the weights are as they were, where something was not finite. Its tensors are the caller's. */
  breach: Breach | null;
  /** Whether the loss was scaled too far for float16: the weights are as they were, and the next step is scaled less. */
  overflowed: boolean;
}

/** What was said to the same pictures. */
export interface Said {
  student: Output;
  teachers: Output[];
  /** Milliseconds that the teachers took. */
  teacherTime: number;
}

/** In a batch that is evaluated: 84 pictures of 224×224. */
const EVALUATED_PIXELS = 2 ** 22;

export class Session implements Holder {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly device: Device;
  readonly precision: Precision;
  /** How the precision was found. */
  readonly precisionChoice: PrecisionChoice;
  /** What the student began with, where it was not the recipe's own weights. */
  readonly init: FirstWeights | null;
  readonly student: Model;
  readonly teachers: readonly Model[];
  readonly players: Players;
  readonly extras: Module | null;
  readonly optimizer: Optimizer;
  readonly schedule: LearningRates;
  readonly ema: Ema | null;
  /** Of float16. */
  readonly scaler: LossScaler | null;
  readonly loader: Loader;
  readonly epochs: number;
  readonly steps: number;
  readonly accumulate: Required<Accumulation>;
  /** What a step draws from, this run's alone: initialisers, dropout and drop-path from the first ones, the method from its own. */
  readonly streams: ReadonlyMap<string, Generator>;
  /** Whose tensors the models were made with. */
  readonly filesRead: readonly string[];
  readonly #defaults: readonly Generator[];
  readonly #initNotes: string[] = [];
  readonly #contract: Contract;
  readonly #taps: TapNames;
  readonly #evaluationLoaders: { val?: Loader; test?: Loader } = {};
  readonly #views: { student: View; teachers: readonly View[] };

  /** Refuses what does not go together, and then leaves nothing behind. */
  static open(recipe: Recipe, options: SessionOptions): Session {
    return tidy(() => {
      const session = new Session(recipe, options);
      try {
        session.#contract.checkParties();
        return session;
      } catch (error) {
        session.dispose(); // an optimizer's state and an average belong to no scope
        throw error;
      }
    });
  }

  private constructor(recipe: Recipe, { seed, device, precision: found, init }: SessionOptions) {
    checkDevice(device);
    this.recipe = recipe;
    this.seed = seed;
    this.device = device;
    this.init = init ?? null;
    const defaults = runStreams(seed, device);
    this.#defaults = [...defaults.values()];
    this.streams = new Map([...defaults, ["method", Generator.seeded(seed + 1)]]);
    const { result: models, files } = readingApart(() => this.#drawing(() => this.#makeModels()));
    this.student = models.student;
    this.teachers = models.teachers;
    this.filesRead = files;
    const asked = recipe.precision ?? "auto";
    this.precisionChoice = asked === "auto" && found ? keptChoice(found) : choosePrecision(asked, device);
    this.precision = this.precisionChoice.precision;
    // its blocks keep their weights as the matrix unit reads them, and nobody reads the others
    if (hasMatrixUnit() && this.precision === "bfloat16") for (const teacher of this.teachers) shelve(teacher.parameters());
    for (const split of ["val", "test"] as const) checkLabelled(recipe.data[split]);
    this.players = checkPlayers(recipe.method, this.student, this.teachers, recipe.data.train);
    this.#taps = this.method.taps(this.players);
    if (recipe.maskedTeacher) checkMask(recipe.maskedTeacher, { ...models, taps: this.#taps });
    this.extras = this.#drawing(() => this.method.extras(this.players)?.to({ device }).train() ?? null);
    const { batchSize, repeats, views, workers, maxBad } = recipe.data;
    this.loader = new Loader(recipe.data.train, {
      batchSize,
      augment: recipe.data.augment ?? this.#plain(recipe.data.train),
      mix: recipe.data.mix,
      seed,
      shuffle: true,
      dropLast: recipe.data.train.n >= batchSize,
      repeats,
      views,
      workers,
      maxBad,
    });
    this.#views = {
      student: viewOf(this.student.info, this.loader),
      teachers: this.teachers.map(({ info }) => viewOf(info, this.loader)),
    };
    this.steps = recipe.steps ?? recipe.epochs! * this.loader.batches;
    this.epochs = Math.ceil(this.steps / this.loader.batches);
    this.accumulate = accumulation(recipe);
    this.optimizer = recipe.optimizer.build(trainedParameters(this.student, this.extras));
    const { student, extras, teachers, optimizer } = this;
    this.#contract = new Contract({ method: this.method.name, student, extras, teachers, optimizer });
    const length = { lr: recipe.optimizer.lr, steps: this.steps, stepsPerEpoch: this.loader.batches };
    this.schedule = (recipe.schedule ?? cosine()).build(length);
    this.scaler = this.precision === "float16" ? new LossScaler() : null;
    this.ema = recipe.ema === undefined ? null : new Ema(this.student, { decay: recipe.ema });
  }

  #makeModels(): { student: Model; teachers: Model[] } {
    const { init, device } = this;
    const { data, teachers = [], ...recipe } = this.recipe;
    const student = recipe.student();
    const note = (sentence: string) => this.#initNotes.push(sentence);
    if (init) beginWith(student, init, { classes: data.train.classes, note });
    return {
      student: student.to({ device }).train(),
      teachers: teachers.map((make) => make().to({ device }).eval().requiresGrad_(false)),
    };
  }

  /** Whether the student's attention says where the teachers look. */
  get #guides(): boolean {
    const { maskedTeacher: mask } = this.recipe;
    return mask !== undefined && mask.by !== "random";
  }

  get method(): Method {
    return this.recipe.method;
  }

  /** The teachers that know the student's classes: the others teach by their features, and cannot be compared. */
  get judged(): readonly Model[] {
    return this.teachers.filter(({ info }) => info.numClasses === this.student.info.numClasses);
  }

  /** The student's own colours, or bare pixels where it has others' number of channels; and its own crop of pictures of many sizes. */
  #plain({ channels, pictures }: Dataset): ImageOp {
    const { input } = this.student.info;
    const bare = { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) };
    const view = { ...input, ...(input.mean.length !== channels && bare) };
    return pictureSize(pictures) ? normalise(view) : evalAugment(view);
  }

  /** Pictures to be evaluated on, in order, unaugmented; always the same loader, which knows the unusable ones that it has met. */
  evaluationLoader(split: "val" | "test"): Loader | null {
    const { [split]: dataset, evalAugment: augment, workers, maxBad } = this.recipe.data;
    if (!dataset) return null;
    const { size } = this.student.info.input;
    const batchSize = Math.min(250, Math.ceil(EVALUATED_PIXELS / size ** 2));
    this.#evaluationLoaders[split] ??= new Loader(dataset, {
      batchSize,
      augment: augment ?? this.#plain(dataset),
      workers,
      maxBad,
    });
    return this.#evaluationLoaders[split];
  }

  /** What is as the recipe says and may still surprise. */
  get notes(): string[] {
    const { precision, why, measured } = this.precisionChoice;
    return [...this.#initNotes, ...(measured ? [`${precision}: ${why}.`] : []), ...this.#partsNote(), ...this.#cacheNotes()];
  }

  /** What cached teachers take on the disk, before anything is written. */
  #cacheNotes(): string[] {
    return this.teachers.flatMap((teacher, i) => {
      if (!(teacher instanceof CachedTeacher)) return [];
      const { store } = this.#cast(() => teacher.cache(this.#tapsOf(i), this.device));
      return cacheNote(teacher.info.name, store, { ...this.recipe.data, epochs: this.epochs });
    });
  }

  #partsNote(): string[] {
    const { steps, gather } = this.accumulate;
    const { relational } = this.method;
    if (steps === 1 || gather || relational.length === 0) return [];
    const { batchSize } = this.loader;
    const size = Math.ceil(batchSize / steps);
    return [
      `${relational.join(" and ")}: only the ${size} pictures of a part are compared, not the ${batchSize} of the batch, which is another loss. ` +
        `accumulate: { steps: ${steps}, gather: true } compares all, exactly, for a second forward pass of the student.`,
    ];
  }

  /** One step: teachers and student look, the student learns. Where something is not finite, nothing is changed but the random streams. */
  step(batch: Batch, lr: number): StepReport {
    return tidy(() => {
      this.#contract.checkTeachers();
      const before = this.present();
      this.optimizer.zeroGrad();
      const learn = this.accumulate.gather ? learnGathered : learnInTurn;
      const { terms, parts: told, teacherTime } = learn(this, this.lessons(batch));
      this.#contract.checkTerms(told);
      this.#contract.checkGradients();

      const { parameters } = this.optimizer;
      this.scaler?.unscale_(parameters);
      const norm = this.recipe.clip === undefined ? gradNorm(parameters) : clipGradNorm_(parameters, this.recipe.clip);
      const loss = Object.values(terms).reduce((sum, term) => sum + term, 0);
      const report = { terms, loss, gradNorm: norm, teacherTime };
      const lost = Object.keys(terms).filter((name) => told.some((part) => !Number.isFinite(part[name])));
      const overflowed = this.scaler !== null && lost.length === 0 && this.scaler.update({ overflowed: !Number.isFinite(norm) });
      const breach = overflowed ? null : this.#learnFrom(lost, norm, lr);
      if (breach || overflowed) this.#restoreBuffers(before);
      else this.ema?.update();
      return { ...report, breach: breach && { ...breach, lr, before }, overflowed };
    });
  }

  /** Changes the weights, unless something is not finite. */
  #learnFrom(lost: string[], norm: number, lr: number): Pick<Breach, "kind" | "names"> | null {
    if (lost.length > 0) return { kind: "term", names: lost };
    if (!Number.isFinite(norm)) return { kind: "gradient", names: [] };
    const broken = stepOrStay(this.optimizer, trainedParameters(this.student, this.extras), lr);
    return broken.length > 0 ? { kind: "update", names: broken } : null;
  }

  /** The loss as it goes into the backward pass. */
  scaled(loss: Tensor): Tensor {
    return this.scaler?.scaled(loss) ?? loss;
  }

  /** What a step changes before the weights: copies, for a scope to free. */
  present(): Before {
    const buffers = this.#buffers().map(([name, buffer]): [string, Tensor] => [name, buffer.clone()]);
    return { random: this.randomState(), buffers: new Map(buffers) };
  }

  /** Takes everything back that a step changes before the weights. */
  restore(before: Before): void {
    this.restoreRandomState(before.random);
    this.#restoreBuffers(before);
  }

  #restoreBuffers({ buffers }: Before): void {
    noGrad(() => {
      for (const [name, buffer] of this.#buffers()) buffer.copy_(buffers.get(name)!);
    });
  }

  #buffers(): [string, Tensor][] {
    const extras = this.extras?.namedBuffers() ?? [];
    return [...this.student.namedBuffers(), ...extras.map(([name, buffer]): [string, Tensor] => [`extras.${name}`, buffer])];
  }

  /** The taps that are asked of a teacher. */
  #tapsOf(teacher: number): readonly string[] {
    return teacher === 0 ? this.#taps.teacher : [];
  }

  /**
   * What student and teachers say to the pictures [B, C, H, W]. The teachers go first, while the student's graph takes no memory
   * yet, unless they look where the student looks. `turn` hears who is next.
   */
  look(images: Tensor, turn: (who: "student" | "teacher") => void = () => {}): Said {
    const study = (): Output => {
      turn("student");
      return this.study(images);
    };
    const teach = (student?: Output): Omit<Said, "student"> => {
      turn("teacher");
      const begin = performance.now();
      const teachers = this.teach(images, student);
      return { teachers, teacherTime: performance.now() - begin };
    };
    if (this.recipe.maskedTeacher) {
      const student = study();
      return { student, ...teach(student) };
    }
    const taught = teach();
    return { student: study(), ...taught };
  }

  /** What each teacher says to its own view of the pictures [B, C, H, W]; masked, to the patches there that the student attends to. */
  teach(images: Tensor, student?: Output): Output[] {
    return noGrad(() =>
      this.teachers.map((teacher, i) => {
        const view = this.#views.teachers[i](images);
        const patches = this.#patchesOf(teacher, images, student);
        return this.#cast(() => teacher.forward(view, { taps: this.#tapsOf(i), patches }));
      }),
    );
  }

  #patchesOf({ info }: Model, images: Tensor, student?: Output): Tensor | null {
    const { maskedTeacher: mask } = this.recipe;
    if (!mask) return null;
    const sight = { student: this.student.info, saliency: student?.saliency, generator: this.streams.get("method")! };
    return choosePatches(mask, info, images, sight);
  }

  /** What the student says to its own view of the pictures [B, C, H, W]. */
  study(images: Tensor): Output {
    const view = this.#views.student(images);
    return this.#cast(() => this.student.forward(view, { taps: this.#taps.student, saliency: this.#guides }));
  }

  /** The method's terms, each of which something that is trained can change. */
  loss({ student, teachers }: Pick<Said, "student" | "teachers">, targets: Tensor): Terms {
    const { players, extras } = this;
    const generator = this.streams.get("method")!;
    const input = {
      student: this.#taps.teacher.length > 0 ? atThePatchesOf(teachers[0], student, this.student.info) : student,
      teacher: teachers[0],
      teachers,
      targets,
      players,
      generator,
    };
    const terms = this.#cast(() => this.method.loss(input, extras));
    this.#contract.checkGraph(terms);
    return terms;
  }

  randomState(): Map<string, Tensor> {
    return new Map([...this.streams].map(([name, stream]) => [name, stream.state()]));
  }

  restoreRandomState(state: ReadonlyMap<string, Tensor>): void {
    for (const [name, stream] of this.streams) stream.restore(state.get(name)!);
  }

  /** The batch on the device, in the parts that go through the models. */
  lessons(batch: Batch): Lesson[] {
    const count = Math.ceil((this.accumulate.steps * batch.labels.length) / this.loader.batchSize); // a short batch has fewer
    return inParts(this.lesson(batch), count);
  }

  /** A batch on the device. */
  lesson({ images, shape, targets, labels, classes }: Batch): Lesson {
    const { device } = this;
    return {
      images: tensor(images, { shape, device, share: true }), // [B, C, H, W]
      targets: targets ? tensor(targets, { shape: [labels.length, classes], device }) : tensor(labels, { device }), // [B] or [B, classes]
    };
  }

  /** In the run's precision, with its random streams. */
  #cast<T>(fn: () => T): T {
    return this.#drawing(() => inPrecision(this.precision, this.device, fn));
  }

  #drawing<T>(fn: () => T): T {
    return drawingFrom(this.#defaults, fn);
  }

  tensors(): Tensor[] {
    const holders = [this.student, ...this.teachers, this.extras, this.optimizer, this.ema];
    return holders.flatMap((holder) => holder?.tensors() ?? []);
  }

  dispose(): void {
    for (const tensor of this.tensors()) tensor.dispose();
    for (const teacher of this.teachers) teacher.dispose(); // one from a file holds more than tensors
    for (const stream of this.streams.values()) stream.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkLabelled(evaluated: Dataset | undefined): void {
  if (!evaluated || isLabelled(evaluated)) return;
  throw new UserError("ERR_NO_LABELS", `${evaluated.name} has no labels to evaluate by`, {
    remedy: "Leave it out of data.val and data.test.",
  });
}
