/** What a model answered on a data set: small enough to be kept for every picture, and all that scores are made of. */

export interface Answers {
  /** The class named for each picture of the data set; −1 for one that could not be used. */
  predictions: Int32Array; // [n]
  /** How sure the model was of it: the class's softmax probability, 0 to 1. */
  confidences: Float32Array; // [n]
}

/** Nothing known yet, of `n` pictures. */
export const noAnswers = (n: number): Answers => ({ predictions: new Int32Array(n).fill(-1), confidences: new Float32Array(n) });

/** Of the pictures that both were shown, the share for which they name the same class. */
export function agreement(a: Int32Array, b: Int32Array): number {
  let [same, both] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (a[i] < 0 || b[i] < 0) continue;
    both++;
    if (a[i] === b[i]) same++;
  }
  return same / both;
}
