/** Are two teachers one and the same, and how often do they agree? */

import type { Model } from "../../../models/index.js";
import { type Check, type Found, percent } from "../check.js";
import type { Subject } from "../subject.js";

export const twins: Check = {
  name: "twins",
  needs: "answers",
  short: true,
  run: ({ subjects }) => subjects.flatMap((a, i) => subjects.slice(i + 1).map((b) => compare(a, b))),
};

function compare(a: Subject, b: Subject): Found {
  const n = Math.min(a.look.n, b.look.n);
  const same = a.look.predictions.slice(0, n).filter((prediction, i) => prediction === b.look.predictions[i]).length;
  const numbers = { n, agreement: same / n };
  const who = `${a.who} and ${b.who}`;
  if (same < n || !hasSameWeights(a.model, b.model))
    return { who, severity: "ok", says: `agree on ${percent(same / n)} of ${n} pictures`, numbers };
  return {
    who,
    severity: "warning",
    certain: true,
    says: "are one and the same: their weights are equal",
    fix: "Give the second one its own weights, or leave it out: it costs time and teaches nothing more.",
    numbers,
  };
}

function hasSameWeights(a: Model, b: Model): boolean {
  const [mine, theirs] = [a.stateDict(), b.stateDict()];
  if (mine.size !== theirs.size) return false;
  return [...mine].every(([key, value]) => {
    const other = theirs.get(key);
    return other !== undefined && String(value.shape) === String(other.shape) && value.equal(other);
  });
}
