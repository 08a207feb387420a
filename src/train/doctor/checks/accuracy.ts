/** Is the teacher right more often than chance, and often enough to teach? */

import { type Check, each, FEWEST, percent } from "../check.js";

export const accuracy: Check = {
  name: "accuracy",
  needs: "labels",
  short: true,
  ofAnswers: true,
  run: each(({ look }) => {
    const { n, top1, chance, bounds } = look;
    const [low, high] = bounds;
    const numbers = { n, top1, chance, low, high };
    const figures = `right on ${percent(top1)} of ${n} pictures (99.9 % interval ${percent(low)} to ${percent(high)}); chance is ${percent(chance)}`;
    if (n < FEWEST)
      return { severity: "ok", says: `is ${figures}. So few pictures cannot tell a good teacher from a bad one`, numbers };
    if (low > chance)
      return look.skill(high) >= 0.5
        ? { severity: "ok", says: `is ${figures}`, numbers }
        : {
            severity: "warning",
            says: `is a weak teacher: ${figures}`,
            fix: "Unless something above explains it, train it for longer or take a better one.",
            numbers,
          };
    // at chance, and with enough pictures to be sure that it is far from good
    return look.skill(high) < 0.25
      ? {
          severity: "refuse",
          says: `knows nothing of these classes: ${figures}`,
          fix: "Unless something above explains it: load its trained weights, and see that they are of a model for these very classes.",
          numbers,
        }
      : {
          severity: "warning",
          says: `cannot be told from chance: ${figures}`,
          fix: "Look at more pictures: vit-distill doctor --images.",
          numbers,
        };
  }),
};
