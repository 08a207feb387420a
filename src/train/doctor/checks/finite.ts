/** Are all numbers numbers: in the weights, and in what they make of pictures? */

import { allFinite } from "../../../torch/index.js";
import { type Check, each } from "../check.js";

export const weights: Check = {
  name: "weights",
  needs: "models",
  short: true,
  run: each(({ model }) => {
    if (model.stateDict().size === 0)
      return {
        severity: "ok",
        certain: true,
        says: "keeps its weights in its file; its answers tell",
        numbers: { parameters: 0 },
      };
    const broken = [...model.stateDict()].filter(([, value]) => value.dtype.includes("float") && !allFinite(value));
    const keys = broken.map(([key]) => key);
    if (keys.length === 0)
      return { severity: "ok", certain: true, says: "has finite weights", numbers: { parameters: model.parameterCount() } };
    const more = keys.length > 3 ? ` and ${keys.length - 3} more` : "";
    return {
      severity: "refuse",
      certain: true,
      says: `has NaN or Inf in ${keys.slice(0, 3).join(", ")}${more}`,
      fix: "Load another checkpoint of it: this one was saved after its training had diverged, or the file is damaged.",
      numbers: { keys },
    };
  }),
};

export const answers: Check = {
  name: "answers",
  needs: "answers",
  short: true,
  run: each(({ notFinite, look }) => {
    if (notFinite === null) return { severity: "ok", certain: true, says: "answers in finite numbers", numbers: { n: look.n } };
    return {
      severity: "refuse",
      certain: true,
      says: `gives NaN or Inf for real pictures, first in ${notFinite}`,
      fix: 'Try precision: "float32"; if it stays so, a buffer or weight there is out of range (a negative running_var?): load another checkpoint.',
      numbers: { first: notFinite },
    };
  }),
};
