/** What a recipe would do, told before it does it: who meets whom, what it costs, and what it would compare by mistake. */

import type { Batch, ColourSpace, Loader } from "../data/index.js";
import type { Meeting, TapNames } from "../methods/index.js";
import { CachedTeacher, countMacs, type InputSpec, type Model } from "../models/index.js";
import { type Device, type Tensor, tidy } from "../torch/index.js";
import { patchesKept } from "./masked-teacher.js";
import { checkRecipe, keeping, type Recipe } from "./recipe.js";
import { refusingBroadcasts } from "./refuse-broadcasts.js";
import { describe } from "./resolved-recipe.js";
import { checkpointTensors } from "./resume.js";
import { Session } from "./session.js";

export interface PlanOptions {
  device?: Device;
  /** Instead of the recipe's. */
  seed?: number;
}

/** A student or a teacher, and how it sees the loader's pictures. */
export interface PlayerPlan {
  name: string;
  family: string;
  parameters: number;
  /** Multiply-accumulates of one picture at its own size; null for a network from a file of other tools, which is not seen through. */
  macs: number | null;
  /** Of a masked teacher: how many of its patches it looks at, and what that costs; null where it looks at all. */
  masked: { patches: number; macs: number } | null;
  input: InputSpec;
  grid: readonly [number, number];
  prefixTokens: number;
  /** How the size is reached; null where the pictures have it. */
  resize: InputSpec["interpolation"] | null;
  /** Whether the pictures are put into its own mean, std and channels. */
  recolour: boolean;
}

export interface MethodPlan {
  name: string;
  options: unknown;
  /** Which taps are compared, on which grid. Empty where the method compares none, or does not say. */
  meetings: readonly Meeting[];
  taps: TapNames;
  /** The method's own trainable tensors by key; empty where it has none. */
  extras: Record<string, readonly number[]>;
  extrasParameters: number;
  /** Its terms at the first step. */
  terms: Record<string, number>;
}

/** Milliseconds of a step: each the median of the steps measured, after one that pays for warming up. */
export interface StepTimes {
  /** Waiting for the batch. */
  data: number;
  /** The step itself, the teachers' part of it included. */
  step: number;
  teachers: number;
  /** How many steps were measured. */
  measured: number;
}

export interface Plan {
  name: string;
  device: Device;
  precision: string;
  /** The loader's pictures after augmentation, [C, H, W], and what their numbers mean. */
  pictures: { count: number; shape: readonly number[]; space: ColourSpace | undefined };
  student: PlayerPlan;
  teachers: PlayerPlan[];
  method: MethodPlan;
  batchSize: number;
  /** In how many parts a batch goes through the models. */
  parts: number;
  stepsPerEpoch: number;
  epochs: number;
  steps: number;
  times: StepTimes;
  /** An estimate: the measured step times all steps, without evaluations. */
  seconds: number;
  /** Bytes: the most that this process held while it took these steps, data and models included. Null on other devices, whose memory is not asked. */
  peakMemory: number | null;
  /** Bytes by file of the run folder. Each is kept once; while one is replaced there are two of it. */
  disk: Record<string, number>;
  /** What is as the recipe says and may still surprise. */
  notes: string[];
}

/** Makes the models, runs a few steps and tells; throws a sentence where the recipe would go wrong. Nothing is kept. */
export async function plan(recipe: Recipe, { device = "cpu", seed }: PlanOptions = {}): Promise<Plan> {
  checkRecipe(recipe, "recipe");
  const watched = { ...recipe, method: refusingBroadcasts(recipe.method) };
  using session = Session.open(watched, { seed: seed ?? recipe.seed ?? 0, device });
  const { loader, precision, steps, epochs, student, teachers } = session;
  const playerPlan = (model: Model): PlayerPlan => describePlayer(model, loader);
  const teacherPlan = (model: Model): PlayerPlan => ({ ...playerPlan(model), masked: maskedCost(model, recipe) });
  for (const teacher of teachers) if (teacher instanceof CachedTeacher) teacher.source = "teacher"; // asked, and nothing written
  const [first, ...others] = await firstSteps(session);
  const times = timesOf(others);
  return {
    name: recipe.name ?? "run",
    device,
    precision,
    pictures: { count: recipe.data.train.n, shape: loader.imageShape, space: loader.space },
    student: playerPlan(student),
    teachers: teachers.map(teacherPlan),
    method: { ...describeMethod(session), terms: first.terms },
    batchSize: loader.batchSize,
    parts: session.accumulate.steps,
    stepsPerEpoch: loader.batches,
    epochs,
    steps,
    times,
    seconds: ((times.data + times.step) * steps) / 1000,
    peakMemory: device === "cpu" ? 1024 * process.resourceUsage().maxRSS : null,
    disk: filesOf(session),
    notes: session.notes,
  };
}

/** Milliseconds of steps to measure. A single one suffices where it takes longer. */
const LONG_ENOUGH = 2000;

type StepTaken = Omit<StepTimes, "measured"> & { terms: Record<string, number> };

/** Real steps on the first batches: one to warm up, and then until their times can be told. */
async function firstSteps(session: Session): Promise<StepTaken[]> {
  const batches = everyBatch(session.loader);
  const taken: StepTaken[] = [];
  try {
    for (let begin = performance.now(); taken.length < 2 || performance.now() - begin < LONG_ENOUGH; ) {
      const asked = performance.now();
      const { value: batch } = (await batches.next()) as { value: Batch };
      const arrived = performance.now();
      const { terms, teacherTime } = tidy(() => session.step(batch, session.schedule.lrAt(taken.length)));
      const ended = performance.now();
      if (taken.length === 0) begin = ended;
      taken.push({ data: arrived - asked, step: ended - arrived, teachers: teacherTime, terms });
    }
    return taken;
  } finally {
    await batches.return();
  }
}

function timesOf(taken: readonly StepTaken[]): StepTimes {
  const median = (part: "data" | "step" | "teachers") => {
    const sorted = taken.map((step) => step[part]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  };
  return { data: median("data"), step: median("step"), teachers: median("teachers"), measured: taken.length };
}

async function* everyBatch(loader: Loader): AsyncGenerator<Batch, void> {
  for (let epoch = 0; ; epoch++) yield* loader.epoch(epoch);
}

function describePlayer(model: Model, { imageShape: [channels, height, width], space }: Loader): PlayerPlan {
  const { name, family, input, grid, prefixTokens, inChannels } = model.info;
  const isOwnSpace = String([space?.mean, space?.std]) === String([input.mean, input.std]);
  return {
    name,
    family,
    parameters: model.parameterCount(),
    macs: model.parameters().length === 0 ? null : countMacs(model),
    masked: null,
    input,
    grid,
    prefixTokens,
    resize: height === input.size && width === input.size ? null : input.interpolation,
    recolour: channels !== inChannels || !isOwnSpace,
  };
}

function maskedCost(teacher: Model, { maskedTeacher: mask }: Recipe): PlayerPlan["masked"] {
  if (!mask) return null;
  const patches = patchesKept(mask, teacher.info);
  return { patches, macs: countMacs(teacher, { patches }) };
}

function describeMethod({ method, players, extras }: Session): Omit<MethodPlan, "terms"> {
  const named = extras?.namedParameters() ?? [];
  return {
    name: method.name,
    options: describe(method.options),
    meetings: method.meetings?.(players) ?? [],
    taps: method.taps(players),
    extras: Object.fromEntries(named.map(([key, { shape }]) => [key, shape])),
    extrasParameters: extras?.parameterCount() ?? 0,
  };
}

const bytesOf: Record<string, number> = { float64: 8, int64: 8, float32: 4, int32: 4, float16: 2, bfloat16: 2 };
const size = (tensors: Iterable<Tensor>): number =>
  [...tensors].reduce((sum, { numel, dtype }) => sum + numel * (bytesOf[dtype] ?? 1), 0);

/** The tensors' bytes; names and shapes add some kilobytes. */
function filesOf(session: Session): Record<string, number> {
  const { last, best: wanted } = keeping(session.recipe);
  const best = wanted && session.recipe.data.val !== undefined;
  const checkpoint = tidy(() => size(Object.values(checkpointTensors(session)).flatMap((group) => [...group.values()])));
  return {
    "student.safetensors": size(session.student.stateDict().values()),
    ...(session.ema && { "student.ema.safetensors": size(session.ema.stateDict().values()) }),
    ...(best && { "student.best.safetensors": size(session.student.stateDict().values()) }),
    "checkpoints/": checkpoint * (last + Number(best)),
  };
}
