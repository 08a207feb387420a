/** Does the teacher see the pictures in the colours and at the size that it was trained for? */

import { type Check, each, FEWEST, percent } from "../check.js";
import { chanceOfGain } from "../confidence.js";
import type { Look } from "../look.js";
import type { Trial } from "../subject.js";

export const input: Check = {
  name: "input",
  needs: "labels",
  short: true,
  run: each(({ look, trials, model }) => {
    const numbers = { own: figures(look), others: trials.map(({ name, input, look }) => ({ name, input, ...figures(look) })) };
    const { mean, std, size } = model.info.input;
    const own = `input mean ${mean.join(" ")}, std ${std.join(" ")}, size ${size}`;
    const best = trials
      .filter((trial) => trial.isInTheRace && look.n >= FEWEST && isClear(trial.look, look))
      .sort((a, b) => b.look.hits - a.look.hits)[0];
    if (!best) return { severity: "ok", says: `sees best as it does (${own})`, numbers };
    const { points } = best.look.against(look);
    return {
      severity: points >= 0.03 && doubt(best.look, look) < 1e-4 ? "refuse" : "warning",
      says: `is right on ${percent(best.look.top1)} with ${best.name} and on ${percent(look.top1)} as it is (${own})`,
      fix: remedy(best),
      numbers,
    };
  }),
};

const figures = ({ n, top1, confidence, entropy }: Look) => ({ n, top1, confidence, entropy });

const doubt = (trial: Look, own: Look): number => {
  const { gains, losses } = trial.against(own);
  return chanceOfGain(gains, losses);
};

/** Better by 2 points, by more than chance, and by knowing something. */
const isClear = (trial: Look, own: Look): boolean =>
  trial.against(own).points >= 0.02 && trial.bounds[0] > trial.chance && doubt(trial, own) < 0.01;

function remedy({ input, name }: Trial): string {
  if (input.mean) return `Make it with input: { mean: [${input.mean.join(", ")}], std: [${input.std!.join(", ")}] }.`;
  if (input.size) return `It was probably trained at that size: make it with imgSize: ${input.size}.`;
  return `It was probably trained on ${name}: give it the pictures so.`;
}
