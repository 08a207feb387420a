/**
 * The masked teacher: it looks only at the patches that the student attends to, and costs about their share. MaskedKD, Son et al.,
 * "The Role of Masking for Efficient Supervised Knowledge Distillation of Vision Transformers". https://arxiv.org/abs/2302.10494
 *
 * The student goes first. Its class token's attention in the last block, the mean over heads, says how much each patch is worth;
 * the teacher is given the k of highest worth, each with its own position embedding, and nothing of the others.
 */

import type { ErrorCode } from "../error-codes.js";
import type { Grid, TapNames } from "../methods/index.js";
import { CachedTeacher, type Model, type ModelInfo, type Output, pickTokens } from "../models/index.js";
import { _upsampleBilinear2dAa, type Generator, rand, type Tensor, tidy } from "../torch/index.js";
import { UserError } from "../user-error.js";

// B pictures, P prefix tokens, N patches, k of them, D width

export interface MaskedTeacher {
  /** The share of the patches that a teacher looks at: k = round(keep · N) of them, at least one. */
  keep: number;
  /** The student's attention, or drawn anew for each picture and step: the control. Default: attention. */
  by?: "attention" | "random";
}

/** How many of a teacher's patches it looks at. */
export const patchesKept = ({ keep }: MaskedTeacher, { grid: [h, w] }: Pick<ModelInfo, "grid">): number =>
  Math.max(1, Math.round(keep * h * w));

/** The places of the k highest of each row, rising. */
export const highest = (worth: Tensor /* [B, N] */, k: number): Tensor =>
  tidy(() => worth.topk(k, { sorted: false })[1].sort()[0]); // [B, k]

/**
 * A map over one grid as one over another: bilinear, the kernel widened by the factor of shrinking, as pictures are resized. The very
 * same tensor where the grids are equal.
 */
export function regrid(map: Tensor /* [B, h·w] */, from: Grid, to: Grid): Tensor {
  if (from.join() === to.join()) return map;
  return tidy(() => _upsampleBilinear2dAa(map.reshape([-1, 1, ...from]), to, false, null).flatten({ startDim: 1 })); // [B, h'·w']
}

/** Where the student looked, and the stream that the control is drawn from. */
export interface Sight {
  student: ModelInfo;
  /** Needed unless the patches are drawn. */
  saliency: Tensor | undefined; // [B, N]
  generator: Generator;
}

/** The patches of a teacher's own grid that it is to look at in these pictures: [B, k] int64, rising. */
export function choosePatches(mask: MaskedTeacher, { grid }: ModelInfo, images: Tensor, sight: Sight): Tensor {
  const { student, saliency, generator } = sight;
  const { device } = images;
  const drawn = () => rand([images.shape[0], grid[0] * grid[1]], { generator }).to({ device }); // [B, N]
  const attended = () => regrid(saliency!, student.grid, grid); // [B, N]
  return tidy(() => highest(mask.by === "random" ? drawn() : attended(), patchesKept(mask, { grid })));
}

/** The student's output with its taps at the patches that the teacher's taps hold, so that token i of both is the same patch. */
export const atThePatchesOf = ({ patches }: Output, student: Output, { prefixTokens }: ModelInfo): Output =>
  patches ? { ...student, taps: student.taps.map((tap) => pickTokens(tap, patches, { prefixTokens })) } : student;

/** Refuses what cannot be masked, and what would not compare the same patches. */
export function checkMask(
  { by = "attention" }: MaskedTeacher,
  { student, teachers, taps }: { student: Model; teachers: readonly Model[]; taps: TapNames },
): void {
  if (teachers.length === 0) throw refusal("there is no teacher", "Leave maskedTeacher out, or list a teacher.");
  if (by === "attention" && !student.givesSaliency)
    throw refusal(
      `the student ${student.info.name} has no class token whose attention could choose the patches`,
      'Take a ViT, DeiT, CaiT or Co-advise student, or let them be drawn: maskedTeacher: { keep, by: "random" }.',
    );
  for (const teacher of teachers) checkTeacher(teacher);
  if (taps.teacher.length > 0) checkTaps(student.info, teachers[0].info, taps);
}

function checkTeacher(teacher: Model): void {
  const { name } = teacher.info;
  if (teacher.takesPatches) return;
  if (teacher instanceof CachedTeacher)
    throw refusal(
      `the teacher ${name} is cached, and what it says now depends on where the student looks`,
      "Leave out either cached() or maskedTeacher.",
    );
  throw refusal(
    `the teacher ${name} can only look at whole pictures`,
    "Take a ViT, DeiT or CaiT of vit-distill models, or leave maskedTeacher out.",
  );
}

function checkTaps(student: ModelInfo, teacher: ModelInfo, taps: TapNames): void {
  const other = taps.student.map((tap) => student.taps[tap].grid).find((grid) => grid.join() !== teacher.grid.join());
  if (other === undefined) return;
  throw refusal(
    `the method compares patches, and ${student.name} has ${other.join("×")} of them where ${teacher.name} has ${teacher.grid.join("×")}`,
    "Choose an image or patch size that gives both one grid, or a method of answers alone, such as soft.",
    "ERR_PATCH_GRID",
  );
}

const refusal = (what: string, remedy: string, code: ErrorCode = "ERR_TEACHERS"): UserError =>
  new UserError(code, what, { where: "maskedTeacher", remedy });
