/** Do the teacher's answers differ, and do they say anything? */

import { type Check, each, FEWEST, percent } from "../check.js";

export const entropy: Check = {
  name: "entropy",
  needs: "answers",
  short: true,
  ofAnswers: true,
  run: each((subject, { data }) => {
    const { entropy, confidence, favourite, n } = subject.look;
    const knows = subject.knows(data);
    const name = knows ? data.classes[favourite.label] : `class ${favourite.label}`;
    const numbers = { entropy, confidence, mostNamed: name, share: favourite.share, due: favourite.due };
    if (n >= FEWEST && favourite.share > 0.9 && knows && favourite.due < 0.5)
      return {
        severity: "refuse",
        says: `calls ${percent(favourite.share)} of the pictures ${name}, and ${percent(favourite.due)} are`,
        fix: "It has collapsed: load its trained weights, and see its input statistics.",
        numbers,
      };
    if (entropy > 0.99)
      return {
        severity: "warning",
        says: `says nearly the same of every class (entropy ${percent(entropy)} of the most there can be)`,
        fix: "See that its head was loaded; soft targets this flat teach nothing.",
        numbers,
      };
    return {
      severity: "ok",
      says: `is ${percent(confidence)} confident on average (entropy ${percent(entropy)} of the most there can be); names ${name} most often, ${percent(favourite.share)}`,
      numbers,
    };
  }),
};
