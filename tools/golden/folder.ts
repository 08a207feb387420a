/** A folder of golden values: which files it must hold, and what is in them. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileError, UserError } from "../../src/user-error.js";
import type { Summary } from "./check.js";

export interface ForwardRow {
  input: string;
  batch: number;
  size: number;
  params: number;
  logits: Summary;
  logits_first10: number[][];
  argmax: number[];
  blocks?: Summary[];
}

export interface ManifoldCase {
  B: number;
  student_tokens: number;
  teacher_tokens: number;
  student_dim: number;
  teacher_dim: number;
  K: number;
  student_layers: number[];
  teacher_layers: number[];
  extra_tokens: number;
  merge_to: number;
  sample_indices: number[];
  inter_sample: number;
  intra_patch: number;
  random: number;
  grad_intra_patch_layer0: Summary;
  grad_inter_sample_layer0: Summary;
  grad_random_layer0: Summary;
  all_pairs_layer0?: number;
  grad_all_pairs_layer0?: Summary;
}

export interface Losses {
  manifold: ManifoldCase[];
  kd_shape: [number, number];
  kd: { T: number; soft: number; hard: number }[];
}

export interface TransformerSize {
  img_size: number;
  patch_size: number;
  embed_dim: number;
  depth: number;
  depth_token_only?: number;
  num_heads: number;
  num_classes: number;
}

export interface TrajectoryStep {
  total: number;
  base: number;
  distill: number;
  inter_sample: number;
  intra_patch: number;
  random: number;
  grad_norm: number;
  labels: number[];
  sample_indices: number[];
}

export interface Trajectory {
  distilled_token: boolean;
  alpha: number;
  beta: number;
  type: "soft" | "hard";
  tau: number;
  smoothing: number;
  student_layers: number[];
  teacher_layers: number[];
  w_sample: number;
  w_patch: number;
  w_rand: number;
  K: number;
  lr: number;
  weight_decay: number;
  student: TransformerSize;
  teacher: TransformerSize;
  batch: number;
  steps: TrajectoryStep[];
  final_params: Record<string, Summary>;
}

export interface AdviceStep {
  total: number;
  ce: number;
  conv_kd: number;
  inv_kd: number;
  grad_norm: number;
  labels: number[];
}

export interface AdviceTrajectory {
  student: { embed_dim: number; depth: number; num_heads: number; img_size: number; num_classes: number };
  conv_teacher: string;
  inv_teacher: string;
  batch: number;
  lr: number;
  weight_decay: number;
  clip_grad: number;
  T: number;
  mixup_lambda: number;
  smoothing: number;
  steps: AdviceStep[];
  eval_logits_after: number[][];
  state_dicts: Record<"student" | "conv_teacher" | "inv_teacher", [key: string, shape: number[]][]>;
}

export interface Schedule {
  deit_epoch_cosine: {
    lr: number;
    epochs: number;
    min_lr: number;
    warmup_lr: number;
    warmup_epochs: number;
    lr_after_step_epoch: Record<string, number>;
  };
}

/** What a folder may hold; a file that is not there is not checked. */
export interface Folder {
  forward?: Record<string, ForwardRow>;
  stateDicts?: Record<string, [key: string, shape: number[]][]>;
  losses?: Losses;
  trajectories?: Trajectory[];
  adviceTrajectory?: AdviceTrajectory;
  schedule?: Schedule;
}

const files: Record<keyof Folder, string> = {
  forward: "forward.json",
  stateDicts: "state_dicts.json",
  losses: "losses.json",
  trajectories: "trajectory_fgmd.json",
  adviceTrajectory: "trajectory_civt.json",
  schedule: "schedule.json",
};

/** The folder's contents, and the names of the files that it lacks. */
export function readFolder(path: string): { folder: Folder; absent: string[] } {
  const entries = Object.entries(files);
  const present = entries.filter(([, name]) => existsSync(join(path, name)));
  if (present.length === 0) {
    const remedy = `A folder of golden values holds ${Object.values(files).join(", ")}, as test/golden/fixtures does.`;
    throw new UserError("ERR_DATA_NOT_FOUND", "No golden values here", { where: path, remedy });
  }
  return {
    folder: Object.fromEntries(present.map(([part, name]) => [part, readJson(join(path, name))])),
    absent: entries.filter((entry) => !present.includes(entry)).map(([, name]) => name),
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, "read", path);
    throw new UserError("ERR_DATA_FORMAT", error.message, {
      where: path,
      remedy: "It must be JSON as in test/golden/fixtures.",
      cause: error,
    });
  }
}
