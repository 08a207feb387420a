/** Distillation without a recipe: a folder of pictures, a teacher and a student's name. What is not said is chosen, said aloud, and written down. */

import { totalmem } from "node:os";
import { join, resolve } from "node:path";
import { type CommonOptions, modelInfo } from "../../models/index.js";
import type { Device } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import { checkDevice } from "../check-device.js";
import type { TrainEvent } from "../events.js";
import { type Lessons, makeMethod, methodFor } from "./method.js";
import { classesIn, type ModelSpec, modelSpec } from "./model-spec.js";
import { namedTeacher, trunkOf } from "./named-teacher.js";
import { describePictures, type OwnPictures, openPictures } from "./pictures.js";
import { saveProbe } from "./probe.js";
import { recipeText, type WeightsAt, type WrittenModel } from "./recipe-text.js";
import { batchFor, type Choice, epochsFor, evalEveryFor, maxBadFor, partsFor, rateFor, strengthFor, warmupFor } from "./rules.js";
import { type PreparedEvent, runWritten } from "./run-written.js";

export interface OneLineOptions {
  /** A folder of pictures, a table, parquet files, tar shards: whatever `openData` opens. */
  data: string;
  /** The run folder; runs/<data>-<time> unless told. */
  out?: string;
  epochs?: number;
  batch?: number;
  /** Side of the pictures in pixels, where it is not the student's own. */
  size?: number;
  seed?: number;
  device?: Device;
  /** Threads that decode pictures. */
  workers?: number;
  /** Chooses and tells, and leaves it at that. */
  dryRun?: boolean;
  /** Aborting it ends the run after the step at hand, with a checkpoint. */
  signal?: AbortSignal;
}

export interface DistillOptions extends OneLineOptions {
  /** `NAME=FILE`, or a file of ONNX or TorchScript (`teacher.onnx?taps=…`); one for each teacher. */
  teacher: string | ModelSpec | readonly (string | ModelSpec)[];
  /** `NAME`, or `NAME=FILE` to begin from trained weights. */
  student: string | ModelSpec;
  /** By the names of `vit-distill methods`; chosen unless told. */
  method?: string;
  /** What becomes of a teacher of other classes: `probe` trains a linear head for yours first. */
  teacherHead?: "probe" | "none";
  /** Look at the teachers before they teach, and refuse a bad one. */
  doctor?: boolean;
}

/** Something that was chosen, or read off the data, and why. */
export interface ChoiceEvent {
  kind: "choice";
  what: string;
  value: string;
  why: string;
}

/** The recipe as it is written, or would be. */
export interface RecipeEvent {
  kind: "recipe";
  text: string;
}

export type OneLineEvent = ChoiceEvent | RecipeEvent | PreparedEvent | TrainEvent;

/** Chooses, writes the recipe into the run folder, trains a head for the teacher where it is asked for, and runs the recipe. */
export async function* distill({
  data,
  teacher,
  student: studentGiven,
  method: asked,
  teacherHead = "none",
  doctor,
  seed = 0,
  device = "cpu",
  ...options
}: DistillOptions): AsyncGenerator<OneLineEvent> {
  checkDevice(device);
  const student = modelSpec(studentGiven);
  const teachers = [teacher].flat().map(namedTeacher);
  const infos = teachers.map(({ info }) => info);
  const pictures = await openPictures(data, {
    seed,
    models: [modelInfo(student.model), ...infos],
    known: teachers.find(({ names }) => names)?.names,
  });
  const numClasses = pictures.labelled ? pictures.train.classes.length : infos[0].numClasses;
  const info = modelInfo(student.model, { numClasses, imgSize: options.size });
  const foreign = infos.map((each) => each.numClasses !== numClasses);
  const probed = teacherHead === "probe" && pictures.labelled ? foreign : foreign.map(() => false);
  const taught = infos.map((each, i) => (probed[i] ? { ...each, numClasses } : each));
  const lessons: Lessons = {
    student: info,
    teachers: taught,
    labelled: pictures.labelled,
    answers: taught.every((each) => each.numClasses === numClasses),
    probed: probed.includes(true),
  };
  const method = methodFor(lessons, asked);
  const made = makeMethod(method.value);
  made.check({ student: info, teacher: taught[0], teachers: taught });

  const headFile = (i: number) => `teacher-head${teachers.length > 1 ? `-${i + 1}` : ""}.safetensors`;
  const trunks = teachers.map((each, i) => (probed[i] ? trunkOf(each) : null));
  const chosen = trainingFor(pictures, { trained: student.weights !== undefined, info, device, ...options });
  const text = recipeText({
    title: `${student.model} learns from ${teachers.map(({ name }) => name).join(" and ")}, on the pictures in ${pictures.name}.`,
    ...chosen.written,
    student: writtenStudent(student, { numClasses, imgSize: options.size }),
    teachers: teachers.map(({ written }, i) => written(probed[i] ? { file: headFile(i), numClasses } : undefined)),
    method,
    gather: chosen.written.parts.value > 1 && made.relational.length > 0,
  });
  yield { kind: "choice", what: "data", value: describePictures(pictures), why: `found in ${data}` };
  for (const [i, { name, info, assumed }] of teachers.entries()) {
    for (const sentence of assumed) yield { kind: "choice", what: "teacher", value: name, why: sentence };
    if (foreign[i]) yield headChoice(name, { count: info.numClasses, numClasses, isProbed: probed[i] });
  }
  yield { kind: "choice", what: "method", value: made.name, why: method.why };
  yield* chosen.told;
  yield { kind: "recipe", text };
  if (options.dryRun) return;

  async function* prepare(dir: string): AsyncGenerator<PreparedEvent> {
    for (const [i, trunk] of trunks.entries()) {
      if (!trunk) continue;
      const file = join(dir, headFile(i));
      const { workers } = options;
      yield {
        kind: "head",
        file,
        ...(await saveProbe(file, trunk, { ...pictures, seed, device, workers, maxBad: maxBadOf(pictures) })),
      };
    }
  }
  yield* runWritten({ name: pictures.name, out: options.out, text, prepare, device, doctor, signal: options.signal });
}

export const maxBadOf = ({ splits, ...pictures }: OwnPictures): number => maxBadFor(splits.map((split) => pictures[split]!.n));

/** What becomes of a teacher of other classes, said before it happens. */
function headChoice(
  model: string,
  { count, numClasses, isProbed }: { count: number; numClasses: number; isProbed: boolean },
): ChoiceEvent {
  const why = `${model} tells ${count} classes apart, your pictures have ${numClasses}`;
  return isProbed
    ? { kind: "choice", what: "teacher's head", value: "a linear one for your classes, trained first", why }
    : {
        kind: "choice",
        what: "teacher's head",
        value: "left aside: its features teach, and your labels",
        why: `${why} (--teacher-head probe would train one)`,
      };
}

export const writtenStudent = (
  { model, weights }: ModelSpec,
  { numClasses, imgSize }: Pick<CommonOptions, "numClasses" | "imgSize">,
): WrittenModel => {
  const files: WeightsAt[] = weights === undefined ? [] : [{ path: resolve(weights) }];
  const isFresh = weights !== undefined && classesIn({ model, weights }).count !== numClasses;
  return { model, options: { numClasses, imgSize, ...(isFresh && { freshHead: true as const }) }, weights: files };
};

interface TrainingFacts extends Pick<OneLineOptions, "epochs" | "batch" | "workers" | "size"> {
  /** Whether the student begins from trained weights. */
  trained: boolean;
  info: ReturnType<typeof modelInfo>;
  device: Device;
}

/** How a student is trained on these pictures, by the rules and by what was said; and the same as sentences. */
export function trainingFor(
  pictures: OwnPictures,
  { trained, info, device, epochs: passes, batch: size, workers }: TrainingFacts,
) {
  const { train, channels, name, path, seed, classes, splits } = pictures;
  const said = <T>(value: T | undefined, choose: () => Choice<T>): Choice<T> =>
    value === undefined ? choose() : { value, why: "as you say" };
  const epochs = said(passes, () => epochsFor(train.n, { trained }));
  const batch = said(size, () => batchFor(train.n, { device }));
  const rate = rateFor(batch.value, { trained });
  const parts = partsFor(batch.value, info, { memory: totalmem() });
  const strength = strengthFor(epochs.value, { trained, channels });
  if (train.n < 2)
    throw new UserError("ERR_DATA_EMPTY", `${path} has ${train.n} picture to train on`, { remedy: "It takes two at least." });
  const warmupEpochs = warmupFor(epochs.value);
  const told: ChoiceEvent[] = [
    { what: "epochs", ...epochs },
    { what: "batch", ...batch },
    ...(parts.value > 1 ? [{ what: "parts of a batch", ...parts }] : []),
    { what: "learning rate", ...rate },
    { what: "augmentation", value: strength.value.name, why: strength.why },
  ].map(({ what, value, why }) => ({ kind: "choice", what, value: String(value), why }));
  return {
    told,
    written: {
      name,
      data: { path, channels, seed, classes },
      splits,
      strength,
      batch,
      workers,
      maxBad: maxBadOf(pictures),
      epochs,
      evalEvery: evalEveryFor(epochs.value),
      rate,
      weightDecay: 0.05,
      warmupEpochs,
      parts,
    },
  };
}
