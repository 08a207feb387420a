/** The manifold terms and their gradients, the exact all-pairs term, soft and hard distillation. */

import { allPairsLoss, interLoss, intraLoss, mergePatches, randomLoss } from "../../src/methods/index.js";
import { crossEntropy, klDiv } from "../../src/nn/index.js";
import { stack, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { type Check, relative, type Summary, summaryError, tolerances } from "./check.js";
import type { Filler } from "./filler.js";
import type { Losses, ManifoldCase } from "./folder.js";

type Term = (student: Tensor, teacher: Tensor) => Tensor;

export function checkLosses({ manifold, kd, kd_shape }: Losses, filler: Filler): Check[] {
  return [...manifold.flatMap((golden, i) => checkManifold(`m${i + 1}`, golden, filler)), ...checkLogits(kd, kd_shape, filler)];
}

function checkManifold(name: string, golden: ManifoldCase, filler: Filler): Check[] {
  const terms: [what: string, term: Term, value: number, gradient: Summary][] = [
    ["intra", intraLoss, golden.intra_patch, golden.grad_intra_patch_layer0],
    ["inter", interLoss, golden.inter_sample, golden.grad_inter_sample_layer0],
    ["random", sampled(golden.sample_indices), golden.random, golden.grad_random_layer0],
  ];
  return [
    ...checkSample(name, golden, filler),
    ...terms.flatMap(([what, term, value, gradient]) => checkTerm(name, what, golden, filler, { term, value, gradient })),
    ...checkAllPairs(name, golden, filler),
  ];
}

const sampled =
  (rows: readonly number[]): Term =>
  (student, teacher) =>
    randomLoss(student, teacher, tensor([...rows], { dtype: "int64" }));

/** The stored rows must be those that the filler draws, or the features are not those of the file either. */
function checkSample(name: string, { B, teacher_tokens, merge_to, K, sample_indices }: ManifoldCase, filler: Filler): Check[] {
  const drawn = filler.sample(`${name}/perm`, B * (merge_to || teacher_tokens), K);
  return [
    { subject: `manifold ${name}`, what: "sampled rows", error: drawn.join() === sample_indices.join() ? 0 : 1, tolerance: 0 },
  ];
}

interface Expected {
  term: Term;
  value: number;
  gradient: Summary;
}

/** The mean over the layers, and the gradient with respect to the first student layer. */
function checkTerm(
  name: string,
  what: string,
  golden: ManifoldCase,
  filler: Filler,
  { term, value, gradient }: Expected,
): Check[] {
  return tidy(() => {
    const subject = `manifold ${name}`;
    const layers = golden.student_layers.map((s, i) => pair(name, s, golden.teacher_layers[i], golden, filler));
    const loss = stack(layers.map(({ student, teacher }) => term(patches(student, golden), patches(teacher, golden)))).mean();
    loss.backward();
    return [
      { subject, what, error: relative(loss.item(), value), tolerance: tolerances.term },
      { subject, what: `${what}, gradient`, error: summaryError(layers[0].student.grad!, gradient), tolerance: tolerances.term },
    ];
  });
}

function checkAllPairs(name: string, golden: ManifoldCase, filler: Filler): Check[] {
  const { all_pairs_layer0: value, grad_all_pairs_layer0: gradient, student_layers, teacher_layers } = golden;
  if (value === undefined || gradient === undefined) return [];
  const first = { ...golden, student_layers: student_layers.slice(0, 1), teacher_layers: teacher_layers.slice(0, 1) };
  return checkTerm(name, "all pairs", first, filler, { term: allPairsLoss, value, gradient });
}

function pair(name: string, s: number, t: number, golden: ManifoldCase, filler: Filler): { student: Tensor; teacher: Tensor } {
  const { B, student_tokens, student_dim, teacher_tokens, teacher_dim } = golden;
  return {
    student: filler.input(`${name}/student/${s}`, [B, student_tokens, student_dim]).requiresGrad_(),
    teacher: filler.input(`${name}/teacher/${t}`, [B, teacher_tokens, teacher_dim]),
  };
}

/** Patch tokens, without the student's extra tokens and on the common grid. */
function patches(tokens: Tensor, { extra_tokens, student_tokens, merge_to }: ManifoldCase): Tensor {
  const prefix = tokens.shape[1] === student_tokens ? extra_tokens : 0;
  const bare = tokens.slice({ dim: 1, start: prefix });
  const [from, to] = [Math.sqrt(bare.shape[1]), Math.sqrt(merge_to)];
  return merge_to ? mergePatches(bare, [from, from], [to, to]) : bare;
}

function checkLogits(golden: Losses["kd"], shape: readonly number[], filler: Filler): Check[] {
  return tidy(() => {
    const student = filler.input("kd/student", shape);
    const teacher = filler.input("kd/teacher", shape);
    const hardLabels = teacher.argmax({ dim: -1 });
    return golden.flatMap(({ T, soft, hard }) => [
      {
        subject: `logits T=${T}`,
        what: "soft",
        error: relative(klDiv(student, teacher, { temperature: T }).item(), soft),
        tolerance: tolerances.term,
      },
      {
        subject: `logits T=${T}`,
        what: "hard",
        error: relative(crossEntropy(student, hardLabels).item(), hard),
        tolerance: tolerances.term,
      },
    ]);
  });
}
