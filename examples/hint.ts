/** FitNets: the student's hidden tokens, through a learned projection, drawn to the teacher's. https://arxiv.org/abs/1412.6550 */

import {
  commonGrid,
  crossEntropy,
  defineMethod,
  klDiv,
  type LayerMap,
  Linear,
  layerPairs,
  listening,
  mse,
  onGrid,
  Sequential,
  stack,
  tapNames,
  weigh,
} from "vit-distill";

// B images, N patches, D_S and D_T the widths of student and teacher

export interface HintOptions {
  /** Which student layer learns from which teacher layer. */
  layers: LayerMap;
  /** Of the hint term. */
  weight?: number;
  /** The teacher's logits' share; the labels have the rest. */
  alpha?: number;
  temperature?: number;
  /** Where one model has more patches: refuse, or average neighbours. */
  unequalGrids?: "refuse" | "pool";
}

export function hint({ layers, weight = 1, alpha = 0.5, temperature = 1, unequalGrids = "refuse" }: HintOptions) {
  return defineMethod({
    name: "hint",
    options: { layers, weight, alpha, temperature, unequalGrids },
    taps: (players) => tapNames(layerPairs(layers, players)),
    extras(players) {
      const pairs = layerPairs(layers, players);
      return new Sequential(...pairs.map((pair) => new Linear(pair.student.width, pair.teacher.width)));
    },
    check(players) {
      for (const pair of layerPairs(layers, players)) commonGrid(pair, unequalGrids);
    },
    loss({ student, teacher, targets, players }, projections) {
      const gaps = layerPairs(layers, players).map((pair, i) => {
        const grid = commonGrid(pair, unequalGrids);
        const ours = onGrid(student.taps[i], pair.student, grid, unequalGrids); // [B, N, D_S]
        const theirs = onGrid(teacher.taps[i], pair.teacher, grid, unequalGrids); // [B, N, D_T]
        return mse(ours.pipe(projections.layers[i]), theirs);
      });
      return weigh({
        task: [1 - alpha, () => crossEntropy(student.heads.class, targets)],
        soft: [alpha, () => klDiv(listening(student), teacher.logits, { temperature })],
        hint: [weight, () => stack(gaps).mean()],
      });
    },
  });
}
