/**
 * Fine-grained manifold distillation: the relations between patches, within an image and across images, drawn to the
 * teacher's. Widths may differ, because only Gram matrices meet. https://arxiv.org/abs/2107.01378
 *
 * Reductions, weights and the choice of layers are the released code's (its numbers belong to them); the paper's sums are
 * `reduction: "sum"`. The terms inter, random and all see the batch they are given: another batch size is another loss.
 */

import { crossEntropy, klDiv } from "../nn/index.js";
import { randperm, stack, type Tensor } from "../torch/index.js";
import { type Meeting, meet, onGrid, type UnequalGrids } from "./grids.js";
import { firstAndLast, type LayerMap, layerPairs } from "./layer-map.js";
import { allPairsLoss, interLoss, intraLoss, type Reduction, randomLoss } from "./manifold-terms.js";
import { byAlpha, defineMethod, type LossInput, listening, type Players, type Terms, weigh } from "./method.js";

export interface ManifoldWeights {
  intra: number;
  inter: number;
  random: number;
  /** Of the exact full map, which takes the place of the three others under `pairs: "all"`. */
  all: number;
}

export interface ManifoldOptions {
  /** Which layers meet: first and last four unless told. */
  layers?: LayerMap;
  weights?: Partial<ManifoldWeights>;
  /** `decoupled`: the paper's three terms. `all`: the map over all patches of all images, exactly. */
  pairs?: "decoupled" | "all";
  /** K, the rows drawn anew for each layer and step. */
  samples?: number;
  /** The teacher's logits' share against the labels; at 1, the released setting, the labels are not used. */
  alpha?: number;
  logits?: "soft" | "hard";
  /** Of soft logits. */
  temperature?: number;
  reduction?: Reduction;
  unequalGrids?: UnequalGrids;
  smoothing?: number;
}

const released: ManifoldWeights = { intra: 4, inter: 0.1, random: 0.2, all: 4 };

export function manifold({
  layers = firstAndLast(4),
  weights,
  pairs = "decoupled",
  samples = 192,
  alpha = 1,
  logits = "soft",
  temperature = 1,
  reduction = "mean",
  unequalGrids = "refuse",
  smoothing = 0,
}: ManifoldOptions = {}) {
  const weight = { ...released, ...weights };
  const acrossPictures = (pairs === "all" ? ["all"] : ["inter", "random"]) as (keyof ManifoldWeights)[];

  /** Mean over the layer pairs, as the released code; with sums, their sum, as the paper. */
  const overLayers = (losses: Tensor[]): Tensor => (reduction === "mean" ? stack(losses).mean() : stack(losses).sum());

  const meetings = (players: Players): Meeting[] => meet(layerPairs(layers, players), unequalGrids);

  function maps(input: LossInput): Terms {
    const { student, teacher, players, generator } = input;
    const tokens = meetings(players).map((meeting, i) => ({
      s: onGrid(student.taps[i], meeting.student, meeting), // [B, N, D_S]
      t: onGrid(teacher.taps[i], meeting.teacher, meeting), // [B, N, D_T]
    }));
    if (pairs === "all")
      return weigh({ all: [weight.all, () => overLayers(tokens.map(({ s, t }) => allPairsLoss(s, t, reduction)))] });
    return weigh({
      intra: [weight.intra, () => overLayers(tokens.map(({ s, t }) => intraLoss(s, t, reduction)))],
      inter: [weight.inter, () => overLayers(tokens.map(({ s, t }) => interLoss(s, t, reduction)))],
      random: [weight.random, () => overLayers(tokens.map(({ s, t }) => randomLoss(s, t, draw(s), reduction)))],
    });

    function draw({ shape: [b, n], device }: Tensor): Tensor {
      return randperm(b * n, { generator, device: generator.device })
        .slice({ end: samples })
        .to({ device }); // [K]
    }
  }

  const imitation = ({ student, teacher }: LossInput): Tensor =>
    logits === "soft"
      ? klDiv(listening(student), teacher.logits, { temperature })
      : crossEntropy(listening(student), teacher.logits.argmax({ dim: -1 }));

  return defineMethod({
    name: "manifold",
    options: { layers, weights: weight, pairs, samples, alpha, logits, temperature, reduction, unequalGrids, smoothing },
    meetings,
    reads: { labels: alpha !== 1, answers: alpha !== 0 },
    relational: acrossPictures.filter((term) => weight[term] !== 0),
    weighedBy: {
      ...byAlpha(alpha, logits),
      ...Object.fromEntries(Object.entries(weight).map(([term, weight]) => [term, { option: `weights.${term}`, weight }])),
    },
    loss: (input) => ({
      ...weigh({
        task: [1 - alpha, () => crossEntropy(input.student.heads.class, input.targets, { smoothing })],
        [logits]: [alpha, () => imitation(input)],
      }),
      ...maps(input),
    }),
  });
}
