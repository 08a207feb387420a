/** Steps of AdamW of a small Co-advise student under two teachers: every term, the gradient norm, what it says at the end. */

import { coAdvise } from "../../src/methods/index.js";
import { coadvise, createModel, type Model } from "../../src/models/index.js";
import { adamW, clipGradNorm_ } from "../../src/optim/index.js";
import { Generator, inferenceMode, noGrad, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { type Check, exact, relative, relativeToLargest, tolerances } from "./check.js";
import type { Filler } from "./filler.js";
import type { AdviceStep, AdviceTrajectory } from "./folder.js";
import { checkKeys } from "./models.js";

const subject = "run co-advise";

export function checkAdvice(run: AdviceTrajectory, filler: Filler): Check[] {
  const { embed_dim: embedDim, depth, num_heads: heads, img_size: imgSize, num_classes: numClasses } = run.student;
  using student = coadvise({ imgSize, embedDim, depth, heads, numClasses });
  using conv = createModel(run.conv_teacher, { numClasses });
  using inv = createModel(run.inv_teacher, { numClasses });
  using optimizer = adamW({ lr: run.lr, weightDecay: run.weight_decay }).build(student.namedParameters());
  const models = { student, conv_teacher: conv, inv_teacher: inv };
  const keys = Object.entries(models).map(([role, model]) =>
    checkKeys(`${subject}, ${role}`, filler.fill(model).eval(), run.state_dicts[role as keyof typeof models]),
  );
  const steps = run.steps.flatMap((golden, i) => {
    const ours = takeStep(run, i, { student: student.train(), teachers: [conv, inv] }, filler);
    optimizer.step();
    optimizer.zeroGrad();
    return compare(i, ours, golden, i / Math.max(run.steps.length - 1, 1));
  });
  return [...keys, ...steps, checkEnd(run, student.eval(), filler)];
}

const images = (run: AdviceTrajectory, step: number, filler: Filler): Tensor =>
  filler.input(`civt/x/${step}`, [run.batch, 3, run.student.img_size, run.student.img_size]);

interface Step extends Record<"total" | "ce" | "conv_kd" | "inv_kd" | "grad_norm", number> {
  labels: number[];
}

function takeStep(
  run: AdviceTrajectory,
  step: number,
  { student, teachers }: { student: Model; teachers: readonly Model[] },
  filler: Filler,
): Step {
  return tidy(() => {
    const pictures = images(run, step, filler);
    const labels = filler.labels(`civt/y/${step}`, run.batch, run.student.num_classes);
    const told = noGrad(() => teachers.map((teacher) => teacher.forward(pictures)));
    const method = coAdvise({ teachers: ["conv", "inv"].map((token) => ({ token, temperature: run.T })) });
    const players = { student: student.info, teacher: teachers[0].info, teachers: teachers.map(({ info }) => info) };
    using generator = Generator.seeded(0);
    const said = student.forward(pictures);
    const targets = mixed(run, labels);
    const terms = method.loss({ student: said, teacher: told[0], teachers: told, targets, players, generator }, null);
    const total = terms.task.add(terms.conv).add(terms.inv);
    total.backward();
    const [ce, conv_kd, inv_kd] = [terms.task, terms.conv, terms.inv].map((term) => term.item());
    return { total: total.item(), ce, conv_kd, inv_kd, grad_norm: clipGradNorm_(student.parameters(), run.clip_grad), labels };
  });
}

/** Smoothed labels, mixed with those of the batch in reverse. */
function mixed({ smoothing, mixup_lambda, student: { num_classes } }: AdviceTrajectory, labels: number[]): Tensor {
  const smooth = (label: number): number[] =>
    Array.from({ length: num_classes }, (_, i) => smoothing / num_classes + (i === label ? 1 - smoothing : 0));
  const [own, other] = [labels, [...labels].reverse()].map((all) => tensor(all.map(smooth))); // each [B, classes]
  return own.mul(mixup_lambda).add(other.mul(1 - mixup_lambda));
}

/** Rounding grows along a run: what the gradient norm may be off by runs from its first tolerance to its last. */
function compare(step: number, ours: Step, golden: AdviceStep, progress: number): Check[] {
  const { term, gradNormFirst, gradNormLast } = tolerances;
  const terms = ["total", "ce", "conv_kd", "inv_kd"] as const;
  const worst = Math.max(...terms.map((name) => relative(ours[name], golden[name])));
  const norm = gradNormFirst * (gradNormLast / gradNormFirst) ** progress;
  return [
    exact(subject, `step ${step}: labels`, ours.labels.join() === golden.labels.join()),
    { subject, what: `step ${step}: ${terms.length} terms`, error: worst, tolerance: term },
    { subject, what: `step ${step}: gradient norm`, error: relative(ours.grad_norm, golden.grad_norm), tolerance: norm },
  ];
}

/** The logits at evaluation after the last step. */
function checkEnd(run: AdviceTrajectory, student: Model, filler: Filler): Check {
  return tidy(() => {
    const ours = inferenceMode(() => student.forward(images(run, 0, filler))).logits.toArray() as number[][];
    const error = relativeToLargest(ours.flat(), run.eval_logits_after.flat());
    return { subject, what: "logits at the end", error, tolerance: tolerances.logits };
  });
}
