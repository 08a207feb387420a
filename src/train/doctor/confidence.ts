/** How sure a share or a difference is that was counted on a few pictures. */

/** Normal quantile of a two-sided 99.9 % interval. */
const Z = 3.29;

/** Wilson's interval of a share. https://www.jstor.org/stable/2276774 */
export function interval(hits: number, n: number): [low: number, high: number] {
  if (n === 0) return [0, 1];
  const share = hits / n;
  const spread = Z ** 2 / n;
  const middle = (share + spread / 2) / (1 + spread);
  const half = Math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * McNemar's exact test, one-sided: two ways of looking differ on gains + losses pictures; how likely is it that the second is right
 * on `gains` of them or more when neither is the better one?
 */
export function chanceOfGain(gains: number, losses: number): number {
  const n = gains + losses;
  let term = -n * Math.LN2; // log of C(n, k) / 2ⁿ, from k = n down
  let sum = 0;
  for (let k = n; k >= gains; k--) {
    sum += Math.exp(term);
    term += Math.log(k) - Math.log(n - k + 1);
  }
  return Math.min(1, sum);
}
