/** Does the teacher tell apart as many classes as the data has? */

import { type Check, each } from "../check.js";

export const head: Check = {
  name: "head",
  needs: "models",
  short: true,
  run: each(({ model: { info } }, { data, recipe: { method } }) => {
    const { numClasses } = info;
    const classes = data.classes.length;
    const numbers = { numClasses, classes };
    const found = { severity: "ok", certain: true, numbers } as const;
    if (classes === 0) return { ...found, says: `has a head of ${numClasses} classes; the data has no labels` };
    if (numClasses === classes) return { ...found, says: `has a head of ${classes} classes, as the data` };
    const says = `tells ${numClasses} classes apart, and ${data.name} has ${classes}`;
    if (!method.reads.answers) return { ...found, says: `${says}: the method ${method.name} reads its features alone` };
    return {
      ...found,
      severity: "refuse",
      says,
      fix: `Take the weights of a model for these ${classes} classes, or train a head of that size for it first (loadWeights with freshHead: true).`,
    };
  }),
};
