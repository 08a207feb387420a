/** "Teacher right, student wrong": the pictures that the student could still learn from its teacher. */

import type { Answers } from "./answers.js";

/** One answer: the class named, and how sure the model was, 0 to 1. */
export interface Answer {
  prediction: number;
  confidence: number;
}

export interface MissedPicture {
  /** Which of the data set's, from 0, and what it is called there. */
  picture: number;
  name: string;
  label: number;
  student: Answer;
  teacher: Answer;
}

export interface Missed {
  /** All that there are, however many are listed. */
  count: number;
  /** The first, by the student's confidence: where it was surest, it is most mistaken. */
  pictures: MissedPicture[];
}

/** The most that are listed. */
export const MOST_LISTED = 1000;

/** `nameOf` says what a picture is called. */
export function missed(
  student: Answers,
  teacher: Answers,
  labels: Int32Array /* [n] */,
  nameOf: (picture: number) => string,
): Missed {
  const found: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const isMissed = student.predictions[i] >= 0 && student.predictions[i] !== labels[i] && teacher.predictions[i] === labels[i];
    if (isMissed) found.push(i);
  }
  found.sort((a, b) => student.confidences[b] - student.confidences[a] || a - b);
  const of = ({ predictions, confidences }: Answers, i: number) => ({ prediction: predictions[i], confidence: confidences[i] });
  const pictures = found
    .slice(0, MOST_LISTED)
    .map((i) => ({ picture: i, name: nameOf(i), label: labels[i], student: of(student, i), teacher: of(teacher, i) }));
  return { count: found.length, pictures };
}
