/** Polynomials through measurements, by least squares of the relative errors: a step of 50 ms counts as much as one of 5 s. */

export interface Fit {
  /** Of 1, x, x² …: what a value at x is made of. */
  coefficients: number[];
  /** The largest relative distance of a measurement from the polynomial. */
  furthest: number;
}

export type Measurement = readonly [x: number, y: number];

/** The polynomial of `degree` through positive measurements at more than `degree` different x. */
export function fit(points: readonly Measurement[], degree: number): Fit {
  // x / largest, so that high powers are no larger than low ones
  const largest = Math.max(...points.map(([x]) => x));
  const rows = points.map(([x, y]) => Array.from({ length: degree + 1 }, (_, power) => (x / largest) ** power / y));
  const normal = rows[0].map((_, i) => [
    ...rows[0].map((_, j) => sum(rows.map((row) => row[i] * row[j]))),
    sum(rows.map((row) => row[i])),
  ]);
  const coefficients = solved(normal).map((value, power) => value / largest ** power);
  const furthest = Math.max(...points.map(([x, y]) => Math.abs(sum(terms(coefficients, x)) / y - 1)));
  return { coefficients, furthest };
}

/** What each power contributes at x. */
export const terms = (coefficients: readonly number[], x: number): number[] => coefficients.map((c, power) => c * x ** power);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Gauss-Jordan elimination of n equations with their right sides [n, n + 1], the largest pivot first. */
function solved(equations: number[][]): number[] {
  const left = equations.map((equation) => [...equation]);
  for (let column = 0; column < left.length; column++) {
    const pivot = left.slice(column).reduce((best, row) => (Math.abs(row[column]) > Math.abs(best[column]) ? row : best));
    left.splice(left.indexOf(pivot), 1);
    left.splice(
      column,
      0,
      pivot.map((value) => value / pivot[column]),
    );
    for (const [i, row] of left.entries())
      if (i !== column) left[i] = row.map((value, j) => value - row[column] * left[column][j]);
  }
  return left.map((row) => row.at(-1)!);
}
