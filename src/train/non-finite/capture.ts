/**
 * A step that was left out, as a checkpoint of its own: all that it takes to compute it again but the teachers, who are named by their
 * weights. Tensors lie in `step-000123.safetensors`, and what was found in the JSON beside it.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { loadCheckpoint, saveCheckpoint, type TensorGroups } from "../../checkpoint/index.js";
import type { Batch } from "../../data/index.js";
import type { Model } from "../../models/index.js";
import { type Device, type Tensor, tensor, tidy } from "../../torch/index.js";
import { UserError } from "../../user-error.js";
import type { Precision } from "../precision.js";
import type { RecipeSource } from "../resolved-recipe.js";
import type { Session } from "../session.js";
import type { Fault } from "./fault.js";

export interface CaptureState {
  /** As text, for it may be the one that is no number. */
  lr: string;
  fault: Fault;
  source: RecipeSource | null;
  seed: number;
  device: Device;
  precision: Precision;
  /** The optimizer's count of steps, by parameter. */
  optimizerSteps: Record<string, number>;
  /** Of the loss, under float16. */
  lossScale: { scale: number; calm: number } | null;
  teachers: { name: string; sha256: string }[];
  classes: number;
}

/** Bytes beyond which a step is told and not captured. */
const MOST_BYTES = 2 ** 31;

/** Writes `path`, a .safetensors, and its JSON; the session must be as it was before the step. Returns false where it would be too large. */
export function writeCapture(path: string, session: Session, batch: Batch, fault: Fault, source: RecipeSource | null): boolean {
  return tidy(() => {
    const groups = groupsOf(session, batch, fault);
    if (bytesOf(groups) > MOST_BYTES) return false;
    const { seed, device, precision, teachers, optimizer, scaler } = session;
    const state: CaptureState = {
      lr: String(fault.lr),
      fault,
      source,
      seed,
      device,
      precision,
      optimizerSteps: optimizer.stateDict().steps,
      lossScale: scaler?.state() ?? null,
      teachers: teachers.map((teacher) => ({ name: teacher.info.name, sha256: hashOf(teacher) })),
      classes: batch.classes,
    };
    saveCheckpoint(jsonOf(path), groups, state);
    return true;
  });
}

const jsonOf = (path: string): string => path.replace(/\.safetensors$/, ".json");

function groupsOf(session: Session, { images, shape, labels, targets, classes, rows }: Batch, { kind }: Fault): TensorGroups {
  const { student, extras, optimizer } = session;
  const batch: [string, Tensor][] = [
    ["images", tensor(images, { shape })],
    ["labels", tensor(labels)],
    ["rows", tensor(rows)],
    ...(targets ? [["targets", tensor(targets, { shape: [labels.length, classes] })] as [string, Tensor]] : []),
  ];
  return {
    student: student.stateDict(),
    ...(extras && { extras: extras.stateDict() }),
    ...(kind === "update" && { optimizer: optimizer.stateDict().tensors }),
    random: session.randomState(),
    batch: new Map(batch),
  };
}

const bytesOf = (groups: TensorGroups): number =>
  Object.values(groups)
    .flatMap((group) => [...group.values()])
    .reduce((sum, { numel }) => sum + 4 * numel, 0);

/** SHA-256 of a model's weights and buffers, in the order of its state dict. */
function hashOf(model: Model): string {
  const hash = createHash("sha256");
  for (const [key, value] of model.stateDict()) hash.update(key).update(new Uint8Array(value.data().buffer));
  return hash.digest("hex");
}

export interface Capture {
  state: CaptureState;
  batch: Batch;
  groups: TensorGroups;
}

/** What `writeCapture` wrote, by the name of either file; the tensors are the caller's. */
export function readCapture(path: string): Capture {
  if (!existsSync(jsonOf(path))) throw new UserError("ERR_FILE", "there is no such capture", { where: path });
  const { groups, state } = loadCheckpoint<CaptureState>(jsonOf(path));
  if (!state.fault) throw new UserError("ERR_REPLAY", "this is a checkpoint, not a step that was left out", { where: path });
  const { batch } = groups;
  state.fault.lr = Number(state.lr);
  const images = batch.get("images")!;
  const rows = batch.get("rows")!.data() as Int32Array;
  return {
    state,
    groups,
    batch: {
      images: images.data() as Float32Array,
      shape: images.shape as Batch["shape"],
      labels: batch.get("labels")!.data() as BigInt64Array,
      rows,
      asked: Uint32Array.from(rows), // what stood in for another is not told apart any more
      targets: (batch.get("targets")?.data() as Float32Array | undefined) ?? null,
      classes: state.classes,
      index: 0,
      bad: [],
    },
  };
}

/** Puts a session, made by the same recipe, where the capture was taken; the names of teachers that have other weights now. */
export function restoreCapture(session: Session, { groups, state }: Capture): string[] {
  session.student.loadStateDict(groups.student);
  session.extras?.loadStateDict(groups.extras);
  if (groups.optimizer) session.optimizer.loadStateDict({ tensors: groups.optimizer, steps: state.optimizerSteps });
  if (state.lossScale) session.scaler?.restore(state.lossScale);
  session.restoreRandomState(groups.random);
  return session.teachers.filter((teacher, i) => hashOf(teacher) !== state.teachers[i]?.sha256).map(({ info }) => info.name);
}
