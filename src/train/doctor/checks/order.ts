/** Do the teacher's classes stand in the data's order? Looks for the order in which they would fit. */

import { bestAssignment } from "../assignment.js";
import { type Check, each, FEWEST, type Found, percent } from "../check.js";
import { type ClassSort, classOrder, classSorts } from "../class-orders.js";
import { chanceOfGain } from "../confidence.js";
import type { Look } from "../look.js";

/** What each sort is called when it explains the mistake. */
const WORDS: Record<ClassSort, string> = {
  lexicographic: "sorted by character code (1, 10, 2, as torchvision's ImageFolder and Python's sorted)",
  natural: "sorted naturally (1, 2, 10)",
  caseless: "sorted alphabetically, small letters and capitals alike",
  numbersAsText: "sorted as the class numbers' text (0, 1, 10, 11, 2)",
  reversed: "back to front",
  oneOn: "one on, as if class 0 were the background",
  oneBack: "one back, as if labels began with 1",
};

/** Wrong order costs at least so much, and the right one makes at least half a teacher. */
const POINTS = 0.1;
const SKILL = 0.5;
const DOUBT = 1e-4;

export const order: Check = {
  name: "order",
  needs: "labels",
  short: true,
  ofAnswers: true,
  run: each(({ look }, { data }) => {
    if (look.n < FEWEST)
      return { severity: "ok", says: "saw too few pictures for its order of the classes to be judged", numbers: {} };
    const known = knownOrder(look, data.classes);
    if (known) return mistaken(look, known.order, { words: WORDS[known.sort], names: data.classes, sort: known.sort });
    if (look.n < 2 * look.classes)
      return {
        severity: "ok",
        says: `has its classes in none of the usual wrong orders (to look for any other takes ${2 * look.classes} pictures or more)`,
        numbers: {},
      };
    const fitted = heldOut(look);
    if (isBetter(fitted, look))
      return mistaken(
        look,
        fit(look, () => true),
        { words: "in an order of its own", names: data.classes },
      );
    return {
      severity: "ok",
      says: "has its classes in the data's order: none that is found on half of the pictures does better on the other half",
      numbers: { top1: look.top1, fitted: fitted.top1 },
    };
  }),
};

/** The usual order under which the teacher is a good one, if there is one. */
function knownOrder(look: Look, names: readonly string[]): { sort: ClassSort; order: number[] } | undefined {
  return classSorts
    .map((sort) => ({ sort, order: classOrder(names, sort) }))
    .filter(({ order }) => isBetter(look.renamed(order), look))
    .sort((a, b) => look.renamed(b.order).hits - look.renamed(a.order).hits)[0];
}

function isBetter(renamed: Look, look: Look): boolean {
  const { gains, losses, points } = renamed.against(look);
  return points >= POINTS && renamed.skill() >= SKILL && chanceOfGain(gains, losses) < DOUBT;
}

/** The answers under the best order, found on one half of the pictures and applied to the other: a fit cannot praise itself. */
function heldOut(look: Look): Look {
  const orders = [0, 1].map((half) => fit(look, (i) => i % 2 !== half));
  const renamed = look.renamed(look.labels.map((_, i) => i));
  renamed.predictions.splice(0, look.n, ...look.predictions.map((prediction, i) => orders[i % 2][prediction]));
  renamed.hits = renamed.predictions.filter((prediction, i) => prediction === look.labels[i]).length;
  return renamed;
}

/** The class that each answer should stand for, so that most of the chosen pictures are right. */
function fit({ predictions, labels, classes }: Look, isChosen: (picture: number) => boolean): Int32Array {
  const together = new Float64Array(classes * classes); // [answer, label]
  for (let i = 0; i < labels.length; i++) if (isChosen(i)) together[predictions[i] * classes + labels[i]]++;
  return bestAssignment(together, classes);
}

function mistaken(
  look: Look,
  order: ArrayLike<number>,
  { words, names, sort }: { words: string; names: readonly string[]; sort?: ClassSort },
): Omit<Found, "who"> {
  const better = look.renamed(order);
  const mapping = Array.from(order);
  const moved = mapping.flatMap((label, j) => (label === j ? [] : [`${names[j]} → ${names[label]}`]));
  const shown = moved.length > 12 ? `${moved.slice(0, 12).join(", ")} … (${moved.length} in all)` : moved.join(", ");
  const list = mapping.length > 20 && sort ? `classOrder(classes, "${sort}")` : `[${mapping.join(", ")}]`;
  return {
    severity: "refuse",
    says: `has its classes in another order than the data: ${percent(look.top1)} right as it is, ${percent(better.top1)} with its classes ${words}. What it calls ${shown}`,
    fix: `Put its head in the data's order where the recipe makes it, reorderHead(teacher, ${list}), or give the data's classes in the teacher's order.`,
    numbers: { top1: look.top1, reordered: better.top1, sort: sort ?? null, order: mapping },
  };
}
