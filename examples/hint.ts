/** FitNets: the student's hidden tokens, through a learned projection, drawn to the teacher's. https://arxiv.org/abs/1412.6550 */

import {
  byAlpha,
  crossEntropy,
  defineMethod,
  klDiv,
  type LayerMap,
  Linear,
  layerPairs,
  listening,
  meet,
  mse,
  onGrid,
  type Players,
  Sequential,
  stack,
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
  const meetings = (players: Players) => meet(layerPairs(layers, players), unequalGrids, { ways: ["pool"] });

  return defineMethod({
    name: "hint",
    options: { layers, weight, alpha, temperature, unequalGrids },
    meetings,
    weighedBy: { ...byAlpha(alpha, "soft"), hint: { option: "weight", weight } },
    extras(players) {
      return new Sequential(...meetings(players).map(({ student, teacher }) => new Linear(student.width, teacher.width)));
    },
    loss({ student, teacher, targets, players }, projections) {
      const gaps = meetings(players).map((meeting, i) => {
        const ours = onGrid(student.taps[i], meeting.student, meeting); // [B, N, D_S]
        const theirs = onGrid(teacher.taps[i], meeting.teacher, meeting); // [B, N, D_T]
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
