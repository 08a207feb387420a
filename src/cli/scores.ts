/** Scores as cells of a table. */

import type { Scores } from "../train/index.js";
import { percent } from "./table.js";

export const scoreHeadings = ["top-1", "top-5", "loss", "ECE", "agreement"] as const;

export const scores = ({ top1, top5, loss, ece, agreement }: Scores & { agreement?: number }): string[] => [
  percent(top1),
  percent(top5),
  loss.toFixed(4),
  percent(ece),
  agreement === undefined ? "–" : percent(agreement),
];

/** Over how many pictures scores are, and why it is not all of them. */
export const counted = ({ pictures, unusable }: Scores): string =>
  `${pictures} pictures${unusable > 0 ? `, and ${unusable} that cannot be used and do not count` : ""}`;
