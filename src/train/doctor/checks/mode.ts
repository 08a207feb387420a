/** What training mode would change: batch norm's statistics of the batch, dropout. A teacher that does better so has wrong statistics. */

import { type Check, each, FEWEST, percent } from "../check.js";
import { chanceOfGain } from "../confidence.js";

export const mode: Check = {
  name: "mode",
  needs: "answers",
  short: false,
  run: each(({ look, training }) => {
    if (!training) return { severity: "ok", says: "was not looked at in training mode", numbers: {} };
    const changed = training.predictions.filter((prediction, i) => prediction !== look.predictions[i]).length / training.n;
    const { gains, losses, points } = training.against(look);
    const numbers = { n: training.n, changed, points };
    if (changed === 0) return { severity: "ok", says: "answers alike in training and evaluation mode", numbers };
    if (training.n >= FEWEST && points >= 0.1 && chanceOfGain(gains, losses) < 1e-3)
      return {
        severity: "warning",
        says: `is right on ${percent(points)} more of the pictures with batch norm's statistics of the batch than with its own`,
        fix: "Its running_mean and running_var do not belong to these weights or pictures: load them too, and see its input statistics.",
        numbers,
      };
    return {
      severity: "ok",
      says: `would change ${percent(changed)} of its answers in training mode (${signed(points)} points right): training keeps it in evaluation mode`,
      numbers,
    };
  }),
};

const signed = (points: number): string => `${points < 0 ? "−" : "+"}${Math.abs(100 * points).toFixed(1)}`;
