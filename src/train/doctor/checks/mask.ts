/** Does a masked teacher still know enough? What it says to a part of a picture is what the student will learn. */

import { patchesKept } from "../../masked-teacher.js";
import { type Check, each, FEWEST, percent } from "../check.js";
import { chanceOfGain } from "../confidence.js";

/** What a mask may cost. */
const POINTS = 0.1;
const DOUBT = 1e-3;

export const mask: Check = {
  name: "mask",
  needs: "labels",
  short: true,
  ofAnswers: true,
  run: (exam) => {
    const { maskedTeacher } = exam.recipe;
    if (!maskedTeacher) return [];
    return each(({ look, masked, model: { info } }) => {
      if (!masked) return { severity: "ok", says: "can only look at whole pictures", numbers: {} };
      const { gains, losses, points } = look.against(masked);
      const [h, w] = info.grid;
      const seen = `${patchesKept(maskedTeacher, info)} of its ${h * w} patches`;
      const says = `is right on ${percent(masked.top1)} of ${masked.n} pictures when it sees ${seen}, drawn at random, and on ${percent(look.top1)} when it sees all`;
      const numbers = { n: masked.n, masked: masked.top1, whole: look.top1 };
      if (masked.n < FEWEST || points < POINTS || chanceOfGain(gains, losses) >= DOUBT) return { severity: "ok", says, numbers };
      return {
        severity: "warning",
        says,
        fix: "That is what the student will learn: let it keep more (maskedTeacher.keep), or take a teacher of more patches.",
        numbers,
      };
    })(exam);
  },
};
