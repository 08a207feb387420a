/** A check: what it needs to know, whether the short form has it, and what it finds. */

import type { BadPicture, Dataset } from "../../data/index.js";
import type { Recipe } from "../recipe.js";
import type { Finding } from "./finding.js";
import type { Subject } from "./subject.js";

/** What a check looks at. */
export interface Exam {
  recipe: Recipe;
  data: Dataset;
  /** Pictures that could not be used. */
  bad: readonly BadPicture[];
  /** The teachers in which no check before this one found a certain reason to refuse them. */
  subjects: readonly Subject[];
}

export interface Check {
  name: string;
  /**
   * `models`: it runs before any picture is shown, and whom it refuses is shown none. `answers`: afterwards. `labels`: for teachers
   * of the very classes that the data has labels of.
   */
  needs: "models" | "answers" | "labels";
  /** Whether it belongs to the short form that `train` runs. */
  short: boolean;
  /** Whether it judges the teacher's answers alone: where the method reads only features, it warns and refuses nobody. */
  ofAnswers?: boolean;
  run(exam: Exam): Found[];
}

/** A finding before it knows which check found it; certain only where it says so. */
export type Found = Omit<Finding, "check" | "certain"> & { certain?: boolean };

/** A check that looks at one teacher at a time. */
export const each =
  (look: (subject: Subject, exam: Exam) => Omit<Found, "who">): Check["run"] =>
  (exam) =>
    exam.subjects.map((subject) => ({ who: subject.who, ...look(subject, exam) }));

/** 0.8333 → 83.3 % */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Fewer pictures than this tell nothing. */
export const FEWEST = 50;
