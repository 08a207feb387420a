/** Every check, in the order in which one explains the next: the first that refuses is what the user is told. */

import type { Check } from "../check.js";
import { accuracy } from "./accuracy.js";
import { channels } from "./channels.js";
import { entropy } from "./entropy.js";
import { answers, weights } from "./finite.js";
import { head } from "./head.js";
import { input } from "./input.js";
import { mask } from "./mask.js";
import { mode } from "./mode.js";
import { order } from "./order.js";
import { pictures } from "./pictures.js";
import { twins } from "./twins.js";

export const checks: readonly Check[] = [
  head,
  channels,
  weights,
  answers,
  order,
  input,
  entropy,
  accuracy,
  mask,
  mode,
  twins,
  pictures,
];
