/** Steps of AdamW with the released manifold loss, a tiny DeiT under a tiny CaiT: every term, the gradient norm, where it ends. */

import { interLoss, intraLoss, listening, patchTokens, randomLoss } from "../../src/methods/index.js";
import { cait, type Model, type Output, vit } from "../../src/models/index.js";
import { crossEntropy, klDiv } from "../../src/nn/index.js";
import { adamW, gradNorm } from "../../src/optim/index.js";
import { noGrad, stack, type Tensor, tensor, tidy } from "../../src/torch/index.js";
import { type Check, relative, summaryError, tolerances } from "./check.js";
import type { Filler } from "./filler.js";
import type { Trajectory, TrajectoryStep, TransformerSize } from "./folder.js";

type Terms = Record<"total" | "base" | "distill" | "inter_sample" | "intra_patch" | "random" | "grad_norm", number>;

export function checkTrajectory(run: Trajectory, filler: Filler): Check[] {
  const subject = `run ${run.type} T=${run.tau} alpha=${run.alpha}${run.distilled_token ? " token" : ""}`;
  using student = filler.fill(vit({ ...sizes(run.student), distilled: run.distilled_token })).train();
  using teacher = filler.fill(cait({ ...sizes(run.teacher), depthTokenOnly: run.teacher.depth_token_only })).eval();
  using optimizer = adamW({ lr: run.lr, weightDecay: run.weight_decay }).build(student.namedParameters());
  const checks = run.steps.flatMap((golden, i) => {
    const ours = takeStep(run, i, { student, teacher }, filler);
    optimizer.step();
    optimizer.zeroGrad();
    return compare(subject, i, ours, golden, i / Math.max(run.steps.length - 1, 1));
  });
  return [...checks, ...compareParameters(subject, student, run)];
}

const sizes = ({ img_size, patch_size, embed_dim, depth, num_heads, num_classes }: TransformerSize) => ({
  imgSize: img_size,
  patchSize: patch_size,
  embedDim: embed_dim,
  depth,
  heads: num_heads,
  numClasses: num_classes,
});

function takeStep(
  run: Trajectory,
  step: number,
  { student, teacher }: { student: Model; teacher: Model },
  filler: Filler,
): Terms {
  return tidy(() => {
    const { size, channels } = student.info.input;
    const images = filler.input(`fgmd/x/${step}`, [run.batch, channels, size, size]);
    const labels = tensor(filler.labels(`fgmd/y/${step}`, run.batch, student.info.numClasses), { dtype: "int64" });
    const patches = student.info.grid[0] * student.info.grid[1];
    const rows = tensor(filler.sample(`fgmd/perm/${step}`, run.batch * patches, run.K), { dtype: "int64" });

    const told = noGrad(() => teacher.forward(images, { taps: run.teacher_layers.map((i) => `blocks.${i}`) }));
    const said = student.forward(images, { taps: run.student_layers.map((i) => `blocks.${i}`) });
    const pairs = said.taps.map((tap, i): [Tensor, Tensor] => [
      patchTokens(tap, student.info),
      patchTokens(told.taps[i], teacher.info),
    ]);
    const over = (weight: number, term: (s: Tensor, t: Tensor) => Tensor): Tensor =>
      stack(pairs.map(([s, t]) => term(s, t)))
        .mean()
        .mul(run.beta * weight);

    const terms = {
      base: crossEntropy(said.heads.class, labels, { smoothing: run.smoothing }).mul(1 - run.alpha),
      distill: imitation(run, said, told).mul(run.alpha),
      inter_sample: over(run.w_sample, interLoss),
      intra_patch: over(run.w_patch, intraLoss),
      random: over(run.w_rand, (s, t) => randomLoss(s, t, rows)),
    };
    const total = stack(Object.values(terms)).sum();
    total.backward();
    const values = Object.fromEntries(Object.entries({ total, ...terms }).map(([name, term]) => [name, term.item()]));
    return { ...values, grad_norm: gradNorm(student.parameters()) } as Terms;
  });
}

const imitation = ({ type, tau }: Trajectory, student: Output, teacher: Output): Tensor =>
  type === "soft"
    ? klDiv(listening(student), teacher.logits, { temperature: tau })
    : crossEntropy(listening(student), teacher.logits.argmax({ dim: -1 }));

/** Rounding grows along a run: what the gradient norm may be off by runs from its first tolerance to its last. */
function compare(subject: string, step: number, ours: Terms, golden: TrajectoryStep, progress: number): Check[] {
  const { grad_norm, ...terms } = ours;
  const { term, gradNormFirst, gradNormLast } = tolerances;
  const norm = gradNormFirst * (gradNormLast / gradNormFirst) ** progress;
  const worst = Math.max(...Object.entries(terms).map(([name, value]) => relative(value, golden[name as keyof Terms])));
  return [
    { subject, what: `step ${step}: ${Object.keys(terms).length} terms`, error: worst, tolerance: term },
    { subject, what: `step ${step}: gradient norm`, error: relative(grad_norm, golden.grad_norm), tolerance: norm },
  ];
}

const compareParameters = (subject: string, student: Model, { final_params }: Trajectory): Check[] =>
  Object.entries(final_params).map(([key, golden]) => ({
    subject,
    what: `final ${key}`,
    error: summaryError(student.stateDict().get(key)!, golden),
    tolerance: tolerances.gradNormLast,
  }));
